"""Charts as SVG text: small, the same for the same figures, labelled where the lines end."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 450, 300
LEFT, RIGHT, TOP, BOTTOM = 58, 142, 44, 46
COLOURS = ("#4f43dd", "#b45309", "#0f766e", "#be185d", "#4d7c0f", "#0369a1", "#7c2d12", "#525252")
LABEL_PX = 14
"""Least distance between the labels of two lines."""
DECADE_STEPS = (1, 2, 5)
STYLE = """<style>
svg { font-family: system-ui, sans-serif; font-size: 12px; }
.page { fill: #ffffff; } .title { font-weight: 600; font-size: 13px; } text { fill: #1f2328; }
.minor { fill: #59636e; } .grid { stroke: #d1d9e0; stroke-width: 1; } .guide { stroke: #818b98; stroke-dasharray: 4 4; }
.line { fill: none; stroke-width: 2; }
</style>"""


@dataclass(frozen=True)
class Series:
    """One line: its label, its points, ascending, and its colour, the same wherever it is drawn."""

    label: str
    points: Sequence[tuple[float, float]]
    colour: str


@dataclass(frozen=True)
class Panel:
    """One chart with logarithmic axes; `ticks` are the labelled places of the horizontal one, with their texts.

    `guide` draws a dashed line of that slope from the first point on: 1 is what grows as the horizontal axis does.
    """

    title: str
    x_label: str
    series: Sequence[Series]
    ticks: Sequence[tuple[float, str]]
    guide: float | None = None


@dataclass(frozen=True)
class Scale:
    """A logarithmic axis: from a range of values to pixels."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The place of a value."""
        share = (math.log(value) - math.log(self.low)) / (math.log(self.high) - math.log(self.low))
        return self.start + share * (self.end - self.start)


def drawing(panels: Sequence[Panel], described: str) -> str:
    """The panels side by side as one SVG; `described` is what a screen reader says."""
    width = WIDTH * len(panels)
    inside = "\n".join(
        f'<g transform="translate({number * WIDTH} 0)">\n{_panel(panel)}\n</g>' for number, panel in enumerate(panels)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT}" width="{width}" height="{HEIGHT}" '
        f'role="img" aria-labelledby="t">\n<title id="t">{escape(described)}</title>\n{STYLE}\n'
        f'<rect class="page" width="{width}" height="{HEIGHT}"/>\n{inside}\n</svg>\n'
    )


def _panel(panel: Panel) -> str:
    values = [y for series in panel.series for _, y in series.points]
    steps = decade_steps(min(values), max(values))
    x = _across([place for place, _ in panel.ticks])
    y = Scale(steps[0], steps[-1], HEIGHT - BOTTOM, TOP)
    parts = [
        f'<text class="title" x="{LEFT}" y="20">{escape(panel.title)}</text>',
        *_grid(steps, y),
        *(_text(x(place), HEIGHT - BOTTOM + 17, text, "minor", "middle") for place, text in panel.ticks),
        _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, panel.x_label, "minor", "middle"),
        *(() if panel.guide is None else _guide(panel, panel.guide, x, y)),
        *(part for series in panel.series for part in _line(series, x, y)),
        *_labels(panel.series, y),
    ]
    return "\n".join(parts)


def _across(places: Sequence[float]) -> Scale:
    """The horizontal axis, with a little room on both sides of the points."""
    room = (max(places) / min(places)) ** 0.04
    return Scale(min(places) / room, max(places) * room, LEFT, WIDTH - RIGHT)


def decade_steps(low: float, high: float) -> list[float]:
    """The values 1, 2, 5, 10, ... from just below `low` to just above `high`, at least three of them."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1
    steps = [step * 10.0**decade for decade in range(first, last + 1) for step in DECADE_STEPS]
    start = max(n for n, step in enumerate(steps) if step <= low * (1 + 1e-9))
    end = min(n for n, step in enumerate(steps) if step >= high * (1 - 1e-9))
    return steps[min(start, max(0, end - 2)) : max(end, start + 1, 2) + 1]


def _grid(steps: Sequence[float], y: Scale) -> Iterator[str]:
    decades = [step for step in steps if math.isclose(math.log10(step) % 1, 0, abs_tol=1e-9)]
    shown = steps if len(steps) <= 7 else sorted({steps[0], *decades, steps[-1]})
    for step in shown:
        place = y(step)
        yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{place:.1f}" y2="{place:.1f}"/>'
        yield _text(LEFT - 8, place + 4, f"{step:,.12g}", "minor", "end")


def _guide(panel: Panel, slope: float, x: Scale, y: Scale) -> Iterator[str]:
    """From the first point of the first line on, as far as it stays inside."""
    (first, value), *_ = panel.series[0].points
    edge = y.high if slope > 0 else y.low
    inside = first * (edge / value) ** (1 / slope) if slope else math.inf
    last = min(panel.series[0].points[-1][0], inside)
    end = value * (last / first) ** slope
    yield f'<line class="guide" x1="{x(first):.1f}" y1="{y(value):.1f}" x2="{x(last):.1f}" y2="{y(end):.1f}"/>'


def _line(series: Series, x: Scale, y: Scale) -> Iterator[str]:
    places = [(x(a), y(b)) for a, b in series.points]
    path = " ".join(f"{a:.1f},{b:.1f}" for a, b in places)
    yield f'<polyline class="line" stroke="{series.colour}" points="{path}"/>'
    yield from (f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3.5" fill="{series.colour}"/>' for a, b in places)


def _labels(series: Sequence[Series], y: Scale) -> Iterator[str]:
    """Each line's name beside its last point, moved apart where they would lie upon each other."""
    wanted = [y(one.points[-1][1]) + 4 for one in series]
    for one, place in zip(series, apart(wanted, LABEL_PX), strict=True):
        yield f'<text x="{WIDTH - RIGHT + 8}" y="{place:.1f}" style="fill: {one.colour}">{escape(one.label)}</text>'


def apart(places: Sequence[float], distance: float) -> list[float]:
    """The places, each moved as little as it takes to lie `distance` from the next, their order kept."""
    order = sorted(range(len(places)), key=places.__getitem__)
    groups: list[tuple[list[int], float]] = []
    for number in order:
        group, middle = [number], places[number]
        while groups and middle - groups[-1][1] < distance * (len(group) + len(groups[-1][0])) / 2:
            before, _ = groups.pop()
            group = before + group
            middle = sum(places[n] for n in group) / len(group)
        groups.append((group, middle))
    found = {
        number: middle + distance * (place - (len(group) - 1) / 2)
        for group, middle in groups
        for place, number in enumerate(group)
    }
    return [found[number] for number in range(len(places))]


def _text(x: float, y: float, text: str, kind: str, anchor: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
