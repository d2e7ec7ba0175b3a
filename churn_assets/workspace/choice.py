"""Which partitions somebody asked for: one day or cut-off, several, or a span."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TypeAlias

from churn_assets.errors import UnknownNameError
from churn_assets.workspace.catalogue import Entry

Day: TypeAlias = str | date
"""A UTC calendar day: `"2026-05-04"`, a date, or a datetime or pandas Timestamp of that day."""
Days: TypeAlias = Day | Iterable[Day]
"""One day, or several."""


@dataclass(frozen=True)
class Choice:
    """Partition keys that were named one by one, or the first and last of a span; nothing means everything."""

    keys: tuple[str, ...] | None = None
    first: str | None = None
    last: str | None = None

    @classmethod
    def of(cls, entry: Entry, named: "Named", *, start: Day | None, end: Day | None) -> "Choice":
        """What was chosen; UnknownNameError if the table has no such partitions, or the choice contradicts itself."""
        own, other = named.of(entry)
        given = [name for name, value in named.given(start, end) if value is not None]
        if other is not None or (entry.partition is None and given):
            raise UnknownNameError(_wrong_partition(entry, given))
        if own is not None and (start is not None or end is not None):
            raise UnknownNameError(f"Give {entry.partition}=, or start= and end=, not both.")
        first, last = (None if edge is None else key_of(edge) for edge in (start, end))
        if first is not None and last is not None and last < first:
            raise UnknownNameError(f"end={last} lies before start={first}: swap them.")
        return cls(None if own is None else _keys(own), first, last)

    @property
    def is_everything(self) -> bool:
        """Whether nothing was chosen."""
        return self.keys is None and self.first is None and self.last is None

    def within(self, keys: Iterable[str]) -> list[str]:
        """Those of the keys that lie in the span."""
        return [key for key in keys if (self.first or "") <= key <= (self.last or "~")]


@dataclass(frozen=True)
class Named:
    """The arguments that name partitions one by one."""

    cutoff: Days | None = None
    day: Days | None = None

    def of(self, entry: Entry) -> tuple[Days | None, Days | None]:
        """What was given of the table's own kind of partition, and of the other kind."""
        return (self.cutoff, self.day) if entry.partition == "cutoff" else (self.day, self.cutoff)

    def given(self, start: Day | None, end: Day | None) -> Sequence[tuple[str, object]]:
        """Every argument by name."""
        return (("cutoff", self.cutoff), ("day", self.day), ("start", start), ("end", end))


def key_of(day: Day) -> str:
    """The partition key of a day; UnknownNameError if it is none. A time with a zone counts in UTC."""
    if isinstance(day, datetime):
        return (day.astimezone(UTC) if day.tzinfo else day).date().isoformat()
    if isinstance(day, date):
        return day.isoformat()
    try:
        # NumPy's datetime64 reads as ISO text too.
        return key_of(datetime.fromisoformat(str(day)))
    except ValueError:
        raise UnknownNameError(f"{day!r} is no day: write it as '2026-05-04', or give a date.") from None


def _keys(days: Days) -> tuple[str, ...]:
    several = [days] if isinstance(days, str | date) else days
    return tuple(dict.fromkeys(key_of(day) for day in several))


def _wrong_partition(entry: Entry, given: Sequence[str]) -> str:
    if entry.partition is None:
        return f"{entry.name} is one table without partitions: leave out {', '.join(f'{name}=' for name in given)}."
    return f"{entry.name} is kept by {entry.partition}: give {entry.partition}=, or start= and end=."
