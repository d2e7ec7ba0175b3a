"""Small charts as plain geometry, which a template draws as SVG: no script, no file, and a table beside it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

WIDTH, HEIGHT = 360.0, 150.0
LEFT, RIGHT, TOP, BOTTOM = 38.0, 8.0, 10.0, 24.0
MOST_LABELS = 5
ROOM = 0.06


@dataclass(frozen=True)
class Points:
    """A series: its name, its look (`line`, `dashes`, `dots` or `bars`), and a value, or None, for each place."""

    name: str
    look: str
    values: tuple[float | None, ...]


@dataclass(frozen=True)
class Level:
    """A horizontal line at a value, with a name; `low` and `high` make it a band."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Chart:
    """Series over the same places (days, cut-offs); `unit` is how the values are written: share or number."""

    title: str
    summary: str
    places: tuple[str, ...]
    series: tuple[Points, ...]
    levels: tuple[Level, ...] = ()
    decimals: int = 2
    from_zero: bool = True
    most: float | None = None
    """The upper end of the axis, if it is given by what is measured."""

    width: float = WIDTH
    height: float = HEIGHT

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not any(value is not None for points in self.series for value in points.values)

    def marks(self, points: Points) -> list[tuple[float, float]]:
        """Where the values of a series are, in the chart's own units."""
        return [
            (round(self.x(place), 1), round(self.y(value), 1))
            for place, value in enumerate(points.values)
            if value is not None
        ]

    def path(self, points: Points) -> str:
        """The line through a series, for the attribute `points`."""
        return " ".join(f"{x},{y}" for x, y in self.marks(points))

    def x(self, place: float) -> float:
        """Horizontal middle of a place."""
        return LEFT + (place + 0.5) * self.step

    @property
    def step(self) -> float:
        """Width of a place."""
        return (WIDTH - LEFT - RIGHT) / max(len(self.places), 1)

    def y(self, value: float) -> float:
        """Vertical position of a value."""
        low, high = self.ends
        return HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - TOP - BOTTOM)

    @property
    def floor(self) -> float:
        """Vertical position of the axis."""
        return HEIGHT - BOTTOM

    @property
    def left(self) -> float:
        """Where the axis begins."""
        return LEFT

    @property
    def right(self) -> float:
        """Where the axis ends."""
        return WIDTH - RIGHT

    @cached_property
    def ends(self) -> tuple[float, float]:
        """Lowest and highest value that are drawn."""
        drawn = chain(
            *(points.values for points in self.series), *((one.value, one.low, one.high) for one in self.levels)
        )
        values = [value for value in drawn if value is not None] or [0.0, 1.0]
        low, high = min(values), max(values)
        room = ROOM * (high - low or 1.0)
        low = 0.0 if self.from_zero else low - room
        return low, self.most if self.most is not None else max(high + room, low + room)

    @property
    def ticks(self) -> list[tuple[float, str]]:
        """Vertical position and text of the ends and the middle of the axis."""
        low, high = self.ends
        return [(round(self.y(value), 1), f"{value:.{self.decimals}f}") for value in (low, (low + high) / 2, high)]

    @property
    def labels(self) -> list[tuple[float, str]]:
        """Horizontal position and text of some of the places."""
        step = -(-len(self.places) // MOST_LABELS) or 1
        return [(round(self.x(place), 1), self.places[place]) for place in range(0, len(self.places), step)]

    @property
    def rows(self) -> list[tuple[str, list[float | None]]]:
        """The same as a table: each place with the value of every series."""
        return [(place, [points.values[n] for points in self.series]) for n, place in enumerate(self.places)]


def bars(title: str, summary: str, places: Sequence[str], values: Sequence[float]) -> Chart:
    """A bar a place, counted in whole numbers."""
    # An even number, so that the middle of the axis is a whole one too.
    most = 2.0 * math.ceil(max([*values, 1.0]) / 2)
    return Chart(title, summary, tuple(places), (Points(title, "bars", tuple(values)),), decimals=0, most=most)
