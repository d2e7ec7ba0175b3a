"""Which partitions of a table there are, which there could be, and why one that is asked for is not there."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from churn_assets.cutoffs import days_between
from churn_assets.errors import LakeError, MissingPartitionError, UnknownNameError
from churn_assets.ingest.clock import clock_if_landed
from churn_assets.labels.maturity import require_mature
from churn_assets.lake.lake import WHOLE, Lake, Scan
from churn_assets.settings import Settings
from churn_assets.workspace.catalogue import Entry, Possible
from churn_assets.workspace.choice import Choice

ONE_DAY = timedelta(days=1)
SHOWN_KEYS = 5
ROUTES = "or let `churn-assets run` make everything that is missing"


@dataclass(frozen=True)
class Shelf:
    """The lake of some settings, as it stands on a day of wall time: `today` ends a log that is open."""

    settings: Settings
    lake: Lake
    today: date

    @cached_property
    def clock(self) -> date | None:
        """The data clock; None while nothing has landed."""
        return clock_if_landed(self.lake)

    @property
    def last_day(self) -> date:
        """Last day of the log."""
        last = self.settings.last_day
        return self.today - ONE_DAY if last == "open" else last

    @property
    def told(self) -> str:
        """How far the log has landed, in a few words; beside it, that the settings are not those of this log."""
        if self.clock is None:
            return "nothing has landed yet"
        first, last = self.settings.first_day, self.last_day
        if first < self.clock <= last + ONE_DAY:
            return f"data clock {self.clock}"
        return f"data clock {self.clock}, outside of CHURN_FIRST_DAY to CHURN_LAST_DAY ({first} to {last})"

    def partitions(self, entry: Entry) -> "Partitions":
        """Those of one table."""
        return Partitions(self, entry)


@dataclass(frozen=True)
class Partitions:
    """The partitions of one table."""

    shelf: Shelf
    entry: Entry

    @cached_property
    def there(self) -> list[str]:
        """Keys that are materialised, in order."""
        return self.shelf.lake.keys(self.entry.contract)

    @cached_property
    def possible(self) -> Sequence[str]:
        """Keys that can be made, in order; those of the log's days may not have landed yet."""
        settings, clock = self.shelf.settings, self.shelf.clock
        match self.entry.possible:
            case Possible.WHOLE:
                return [WHOLE]
            case Possible.ON_REQUEST:
                return self.there
            case Possible.DAYS:
                return _keys(days_between(settings.first_day, self.shelf.last_day))
            case Possible.RECENT:
                return _keys(self._recent())
            case _:
                return [] if clock is None else self._cutoffs(clock)

    def _cutoffs(self, clock: date) -> Sequence[str]:
        """The cut-offs that can be made at the data clock."""
        schedule = self.shelf.settings.cutoffs
        match self.entry.possible:
            case Possible.MATURE:
                return _keys(schedule.mature(clock))
            case Possible.NEWEST:
                landed = _keys(schedule.up_to(clock))
                return [key for key in landed if key in self.there or key == landed[-1]]
            case _:
                return _keys(schedule.up_to(clock))

    def _recent(self) -> Iterator[date]:
        clock, settings = self.shelf.clock, self.shelf.settings
        if clock is not None:
            first = max(settings.first_day, clock - timedelta(days=settings.report_days))
            yield from days_between(first, min(self.shelf.last_day, clock - ONE_DAY))

    def scan(self, choice: Choice) -> Scan:
        """The files of a choice, nothing read; what could be there must be: MissingPartitionError with what to do.

        A span is what lies in it, up to what has landed. UnknownNameError for a day that never is a partition,
        ImmatureLabelError for labels that nobody can know yet.
        """
        keys = self.there if choice.is_everything else self._chosen(choice)
        missing = [key for key in keys if key not in set(self.there)]
        if missing:
            self.require_possible(missing)
        if missing or not (keys or self.there):
            raise MissingPartitionError(self._what_is_missing(missing))
        return self.shelf.lake.scan(self.entry.contract, keys)

    def _chosen(self, choice: Choice) -> Sequence[str]:
        if choice.keys is not None:
            return choice.keys
        landed = [key for key in self.possible if not self.shelf.clock or key <= self._newest_landed]
        keys = choice.within(sorted({*self.there, *landed}))
        if not keys:
            raise MissingPartitionError(f"{self._none_between(choice)} {self._what_there_is()}")
        return keys

    @property
    def _newest_landed(self) -> str:
        """The newest key that may be asked for: the cut-off at the data clock, or the day before it."""
        assert self.shelf.clock is not None
        is_cutoff = self.entry.partition == "cutoff"
        return (self.shelf.clock if is_cutoff else self.shelf.clock - ONE_DAY).isoformat()

    def require_possible(self, keys: Sequence[str]) -> None:
        """Raise the error that says why one of the keys cannot be made, and which can; nothing if all can."""
        wrong = [key for key in keys if key not in set(self.possible)]
        if wrong:
            raise self._why_not(wrong[0])

    def _why_not(self, key: str) -> LakeError:
        day, schedule = date.fromisoformat(key), self.shelf.settings.cutoffs
        if self.entry.partition == "cutoff":
            if day < schedule.first or (day - schedule.first) % schedule.step:
                return UnknownNameError(self._no_cutoff(day))
            if self.shelf.clock is not None and day <= self.shelf.clock:
                require_mature([day], schedule, self.shelf.clock)
        if self.shelf.clock is None:
            return MissingPartitionError(self._nothing_landed())
        return MissingPartitionError(f"{self.entry.name} cannot have {key}: {self._bounds()} {self._what_there_is()}")

    def _no_cutoff(self, day: date) -> str:
        schedule = self.shelf.settings.cutoffs
        kind = "every day" if schedule.weekday is None else f"a {schedule.first:%A}"
        if day < schedule.first:
            return f"{day} is no cut-off: the first is {schedule.first}, after {schedule.warmup_days} days of log."
        before = day - (day - schedule.first) % schedule.step
        return f"{day} is a {day:%A} and no cut-off: each is {kind}. Near it: {before} and {before + schedule.step}."

    def _bounds(self) -> str:
        """Why a key lies outside."""
        settings, clock = self.shelf.settings, self.shelf.clock
        assert clock is not None
        match self.entry.possible:
            case Possible.DAYS:
                span = f"{settings.first_day} to {self.shelf.last_day}"
                return f"the log lasts from {span} (CHURN_FIRST_DAY, CHURN_LAST_DAY)."
            case Possible.NEWEST if self.possible:
                return f"it is made for the newest cut-off alone, {self.possible[-1]}."
            case Possible.RECENT:
                days = settings.report_days
                return (
                    f"it is made for the newest {days} days that landed, up to {clock - ONE_DAY} (CHURN_REPORT_DAYS)."
                )
            case _:
                return f"the log has landed up to {clock - ONE_DAY}, so the newest cut-off is {self._newest_cutoff}."

    @property
    def _newest_cutoff(self) -> str:
        return self.possible[-1] if self.possible else "still to come"

    def _nothing_landed(self) -> str:
        settings = self.shelf.settings
        return (
            f"Nothing has landed in {settings.home} yet, so {self.entry.name} is empty: put log files into "
            f"{settings.landing_url}, see that CHURN_FIRST_DAY ({settings.first_day}) and CHURN_LAST_DAY "
            f"({settings.last_day}) span them, and run `churn-assets run`. If your data is elsewhere: "
            "churn_assets.connect('that/folder')."
        )

    def _what_is_missing(self, missing: Sequence[str]) -> str:
        name, partition = self.entry.name, self.entry.partition
        if self.shelf.clock is None:
            return self._nothing_landed()
        if self.entry.possible is Possible.ON_REQUEST:
            return f"Nothing was recorded in {name} yet: `churn-assets retrain`, or a sensor of the daemon, does so."
        if partition is None or not missing:
            return f"{name} has not been made yet. Make it: ws.materialize({name!r}), {ROUTES}."
        shown = ", ".join(missing[:SHOWN_KEYS]) + (" …" if len(missing) > SHOWN_KEYS else "")
        one = f"{partition}={missing[0]!r}"
        span = one if len(missing) == 1 else f"start={missing[0]!r}, end={missing[-1]!r}"
        make = f"Make it: ws.materialize({name!r}, {span}), {ROUTES}."
        return f"{name} lacks {len(missing)} of what was asked for: {shown}. {self._what_there_is()} {make}"

    def none_possible(self, choice: Choice) -> MissingPartitionError:
        """That nothing of a choice can be made, and what can."""
        if self.shelf.clock is None:
            return MissingPartitionError(self._nothing_landed())
        span = f"{self.possible[0]} to {self.possible[-1]}" if self.possible else "none yet: too little has landed"
        return MissingPartitionError(f"{self._none_between(choice)} What can be made: {span}.")

    def _none_between(self, choice: Choice) -> str:
        return f"{self.entry.name} has nothing from {choice.first or 'the beginning'} to {choice.last or 'the end'}."

    def _what_there_is(self) -> str:
        there = self.there
        if not there:
            return "There is no other one either."
        return f"There are {len(there)}, from {there[0]} to {there[-1]}."


def _keys(days: Iterator[date] | Sequence[date]) -> list[str]:
    return [day.isoformat() for day in days]
