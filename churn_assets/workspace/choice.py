"""Which partitions somebody asked for: one day or cut-off, several, or a span."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TypeAlias

from churn_assets.errors import UnknownNameError
from churn_assets.workspace.catalogue import Entry

Day: TypeAlias = str | date
"""A UTC calendar day: `"2026-05-04"`, a date, or a datetime or pandas Timestamp of that day."""
Days: TypeAlias = Day | Iterable[Day]
"""One day, or several."""
SPAN = "or start= and end="


@dataclass(frozen=True)
class Choice:
    """Partition keys that were named one by one, or the first and last of a span; nothing means everything."""

    keys: tuple[str, ...] | None = None
    first: str | None = None
    last: str | None = None

    @classmethod
    def of(cls, entry: Entry, asked: "Asked") -> "Choice":
        """What was chosen; UnknownNameError if the table has no such partitions, or the choice contradicts itself."""
        asked.check(entry)
        first, last = (None if edge is None else key_of(edge) for edge in (asked.start, asked.end))
        if first is not None and last is not None and last < first:
            raise UnknownNameError(f"end={last} lies before start={first}: swap them.")
        named = asked.named
        return cls(None if named is None else _keys(named), first, last)

    @property
    def is_everything(self) -> bool:
        """Whether nothing was chosen."""
        return self.keys is None and self.first is None and self.last is None

    def within(self, keys: Iterable[str]) -> list[str]:
        """Those of the keys that lie in the span."""
        return [key for key in keys if (self.first or "") <= key <= (self.last or "~")]


@dataclass(frozen=True)
class Asked:
    """The arguments that choose partitions, as they were given."""

    cutoff: Days | None = None
    day: Days | None = None
    start: Day | None = None
    end: Day | None = None

    @property
    def named(self) -> Days | None:
        """The partitions that were named one by one."""
        return self.cutoff if self.cutoff is not None else self.day

    def check(self, entry: Entry) -> None:
        """Raise UnknownNameError if the table has no such partitions, or if more was given than can hold."""
        given = [name for name, value in vars(self).items() if value is not None]
        if entry.partition is None and given:
            names = ", ".join(f"{name}=" for name in given)
            raise UnknownNameError(f"{entry.name} is one table without partitions: leave out {names}.")
        if {"cutoff", "day"} & set(given) - {entry.partition}:
            raise UnknownNameError(f"{entry.name} is kept by {entry.partition}: give {entry.partition}=, {SPAN}.")
        if entry.partition in given and len(given) > 1:
            raise UnknownNameError(f"Give {entry.partition}=, {SPAN}, not both.")


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
