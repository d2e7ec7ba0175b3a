"""Aggregates: what a listener did, summed over a window before the cut-off.

An aggregate is an operation that is a monoid over events, so that it can be kept per listener and
day and combined over any days: a count, a total, the first or last of something, the time spent in
a state, the items heard for the first time. Its grain is the rows it runs over: events, sessions
or active days.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from churn_assets.cutoffs import DAY, HOUR
from churn_assets.features.expressions import Expression, Field, Operation


class Grain(StrEnum):
    """The rows that an aggregate runs over."""

    EVENT = "event"
    SESSION = "session"
    DAY = "active day"


class Operator(StrEnum):
    """How rows are combined."""

    COUNT = "count"
    TOTAL = "total"
    FIRST = "first"
    LAST = "last"
    LATEST = "latest"
    LONGEST_GAP = "longest gap"
    HEARD = "heard"
    NEWLY_HEARD = "newly heard"
    TIME_IN = "time in"
    CHANGES = "changes"
    LAST_CHANGE = "last change"


ITEM_OPERATORS = (Operator.HEARD, Operator.NEWLY_HEARD)
"""Operators over distinct items, which no number kept per day can answer."""


@dataclass(frozen=True)
class Window:
    """Whole days before the cut-off: from `ending + days` before it to `ending` before it; None is the lookback."""

    days: int | None = None
    ending: int = 0

    @property
    def oldest(self) -> int | None:
        """Age in days of the oldest day seen, counted back from the cut-off (its eve is 1)."""
        return None if self.days is None else self.days + self.ending

    def text(self) -> str:
        """The window in words."""
        if self.days is None:
            return "lookback"
        return f"{self.days} days" + (f" ending {self.ending} days before" if self.ending else "")


LOOKBACK_WINDOW = Window()


def days(count: int, *, ending: int = 0) -> Window:
    """A window of `count` days that ends `ending` days before the cut-off."""
    return Window(count, ending)


@dataclass(frozen=True, eq=False)
class Condition:
    """A predicate on rows with a name that columns can carry."""

    name: str
    test: Expression


@dataclass(frozen=True, eq=False)
class Aggregate(Expression):
    """A leaf of a feature: `operator` over the rows of `grain` in `window` that meet `condition`."""

    operator: Operator
    grain: Grain
    value: Expression | None = None
    condition: Condition | None = None
    window: Window = LOOKBACK_WINDOW
    name: str = ""

    def text(self) -> str:
        """The aggregate in canonical words."""
        value = "" if self.value is None else f" of {self.value.text()}"
        condition = "" if self.condition is None else f" where {self.condition.test.text()}"
        return f"[{self.operator} {self.grain}{value}{condition}, {self.window.text()}]"

    @property
    def measure(self) -> str:
        """Name of what is kept per listener and day (or computed per session) for this aggregate, any window."""
        parts = (str(self.operator), self.name, "" if self.condition is None else self.condition.name)
        return re.sub(r"[^a-z0-9]+", "_", " ".join(part for part in parts if part).lower())


def count(condition: Condition | None = None, window: Window = LOOKBACK_WINDOW) -> Aggregate:
    """Number of events that meet a condition."""
    return Aggregate(Operator.COUNT, Grain.EVENT, None, condition, window, "" if condition else "events")


def total(
    name: str, value: Expression, condition: Condition | None = None, window: Window = LOOKBACK_WINDOW
) -> Aggregate:
    """Sum of a whole number (called `name`) over the events that meet a condition."""
    return Aggregate(Operator.TOTAL, Grain.EVENT, value, condition, window, name)


def first(field: Field) -> Aggregate:
    """Smallest value of a field over the events of the lookback."""
    return Aggregate(Operator.FIRST, Grain.EVENT, field, name=field.name)


def last(field: Field) -> Aggregate:
    """Largest value of a field over the events of the lookback."""
    return Aggregate(Operator.LAST, Grain.EVENT, field, name=field.name)


def latest(field: Field) -> Aggregate:
    """Value of a field at the latest event, null if it is null there."""
    return Aggregate(Operator.LATEST, Grain.EVENT, field, name=field.name)


def heard(item: Field, window: Window = LOOKBACK_WINDOW) -> Aggregate:
    """Number of distinct values of a field in the window, over the events that `ITEM_CONDITIONS` asks for."""
    return Aggregate(Operator.HEARD, Grain.EVENT, item, ITEM_CONDITIONS.get(item.name), window, item.name)


def newly_heard(item: Field, window: Window) -> Aggregate:
    """Number of distinct values of a field in the window that were not met earlier in the lookback."""
    return Aggregate(Operator.NEWLY_HEARD, Grain.EVENT, item, ITEM_CONDITIONS.get(item.name), window, item.name)


def time_in(state: Field, value: str) -> Aggregate:
    """Milliseconds with `state` equal to `value`: it holds from its event to the next event or the cut-off."""
    return Aggregate(Operator.TIME_IN, Grain.EVENT, state, Condition(value, state == value), name=state.name)


def changes(state: Field) -> Aggregate:
    """How often `state` differs from the event before."""
    return Aggregate(Operator.CHANGES, Grain.EVENT, state, name=state.name)


def last_change(state: Field) -> Aggregate:
    """Time of the last event whose `state` differs from the event before; null without one."""
    return Aggregate(Operator.LAST_CHANGE, Grain.EVENT, state, name=state.name)


def sessions(window: Window = LOOKBACK_WINDOW) -> Aggregate:
    """Number of sessions that started in the window."""
    return Aggregate(Operator.COUNT, Grain.SESSION, window=window, name="sessions")


def session_total(name: str, value: Expression, window: Window = LOOKBACK_WINDOW) -> Aggregate:
    """Sum of a whole number (called `name`) over the sessions that started in the window."""
    return Aggregate(Operator.TOTAL, Grain.SESSION, value, window=window, name=name)


def first_session(name: str, value: Expression) -> Aggregate:
    """Smallest of a whole number over the sessions of the lookback."""
    return Aggregate(Operator.FIRST, Grain.SESSION, value, name=name)


def last_session(name: str, value: Expression) -> Aggregate:
    """Largest of a whole number over the sessions of the lookback."""
    return Aggregate(Operator.LAST, Grain.SESSION, value, name=name)


def active_days(window: Window = LOOKBACK_WINDOW) -> Aggregate:
    """Number of days with an event."""
    return Aggregate(Operator.COUNT, Grain.DAY, window=window, name="days")


def longest_gap() -> Aggregate:
    """Most days from one active day to the next of the lookback, or from the last one to the cut-off."""
    return Aggregate(Operator.LONGEST_GAP, Grain.DAY, name="days")


TS = Field("ts")
PAGE = Field("page")
LEVEL = Field("level")
SONG = Field("song")
ARTIST = Field("artist")
REGISTRATION = Field("registration")
LENGTH = Field("length")
START = Field("start_ts")
END = Field("end_ts")

NIGHT_FROM_HOUR, NIGHT_TO_HOUR = 20, 6
SATURDAY = 5
THURSDAY = 3
"""Weekday of 1970-01-01 where Monday is 0."""

HOUR_OF_DAY = (TS % DAY) // HOUR
WEEKDAY = (TS // DAY + THURSDAY) % 7
NIGHT = Condition("night", (HOUR_OF_DAY >= NIGHT_FROM_HOUR) | (HOUR_OF_DAY < NIGHT_TO_HOUR))
WEEKEND = Condition("weekend", WEEKDAY >= SATURDAY)
LENGTH_MS = Operation("floor", (LENGTH * 1000 + 0.5,))
"""Length of a song in whole milliseconds: sums of whole numbers are exact in any order."""


def page(name: str) -> Condition:
    """Events of one page."""
    return Condition(name, name_is(PAGE, name))


def name_is(field: Field, value: str) -> Expression:
    """A field equal to a text."""
    return field == value


PLAY = page("NextSong")
ITEM_CONDITIONS = {SONG.name: PLAY, ARTIST.name: PLAY}
"""What an event must be for its item to count: a song or artist of another page was not played."""


def distinct_measures(aggregates: Iterable[Aggregate]) -> dict[str, Aggregate]:
    """One aggregate a measure, by the measure's name, in order of the names."""
    return dict(sorted({aggregate.measure: aggregate for aggregate in aggregates}.items()))
