"""Partitions of the assets, and which upstream days each is made from."""

from dataclasses import dataclass
from datetime import date, timedelta

import dagster as dg

from churn_assets.cutoffs import CutoffSchedule
from churn_assets.settings import Settings

KEY_FORMAT = "%Y-%m-%d"
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Calendar:
    """The days and cut-offs that can be materialised, as Dagster partitions.

    Dagster compares the data versions of fewer than 100 upstream partitions; lookbacks of more than 98
    days are computed rightly, but the UI no longer sees them as stale (our own `status` does).
    """

    first_day: date
    last_day: date | None
    """None where the log is live; it then ends yesterday."""
    schedule: CutoffSchedule
    lookback_days: int

    @property
    def days(self) -> dg.DailyPartitionsDefinition:
        """Every UTC day of the log."""
        end = None if self.last_day is None else (self.last_day + ONE_DAY).isoformat()
        return dg.DailyPartitionsDefinition(self.first_day.isoformat(), end_date=end, fmt=KEY_FORMAT)

    @property
    def cutoffs(self) -> dg.TimeWindowPartitionsDefinition:
        """Every cut-off, up to the midnight that ends the last day.

        Dagster takes a partition for a week that must be over: `end_offset` adds the one that is not, and the end of
        a bounded log lies one step after its newest cut-off.
        """
        return dg.TimeWindowPartitionsDefinition(
            start=self.schedule.first.isoformat(), end=self._end, fmt=KEY_FORMAT, cron_schedule=self._cron, end_offset=1
        )

    @property
    def _end(self) -> str | None:
        if self.last_day is None:
            return None
        newest = max(self.schedule.up_to(self.last_day + ONE_DAY), default=self.schedule.first)
        return (newest + self.schedule.step).isoformat()

    @property
    def _cron(self) -> str:
        weekday = self.schedule.weekday
        return "0 0 * * *" if weekday is None else f"0 0 * * {(weekday + 1) % 7}"

    @property
    def lookback_of_cutoff(self) -> dg.TimeWindowPartitionMapping:
        """The whole schedule steps before a cut-off that cover its lookback; the code filters to the exact days."""
        return _mapping(-self._steps(self.lookback_days), -1)

    @property
    def window_of_label(self) -> dg.TimeWindowPartitionMapping:
        """The whole schedule steps from a cut-off on that cover its label window."""
        return _mapping(0, self._steps(self.schedule.horizon_days) - 1)

    @property
    def lookback_of_day(self) -> dg.TimeWindowPartitionMapping:
        """A day and the lookback before it."""
        return _mapping(-self.lookback_days, 0)

    def cutoffs_of_window(self, days: int) -> dg.TimeWindowPartitionMapping:
        """The cut-offs whose eve is a day or one of the `days` - 1 before it.

        Dagster takes every upstream partition that overlaps the days it is told. A cut-off's partition lasts up to the
        next one, so the cut-offs since the first day are those that overlap the days from a step later on. Where the
        window is shorter than a step, the mapping may give a cut-off before it; the code filters to the exact days.
        """
        return _mapping(min(self.schedule.step.days + 1 - days, 1), 1)

    def days_of_window(self, days: int) -> dg.TimeWindowPartitionMapping:
        """A day and the `days` - 1 before it."""
        return _mapping(1 - days, 0)

    def cutoffs_before_day(self, days: int, *, matured: bool = False) -> dg.TimeWindowPartitionMapping:
        """The cut-offs up to `days` before the midnight that ends a day, that midnight included; or those mature then.

        The oldest one may lie a schedule step further back: the code filters to the exact days.
        """
        return _mapping(1 - days, 1 - (self.schedule.horizon_days if matured else 0))

    def _steps(self, days: int) -> int:
        return -(-days // self.schedule.step.days)


def calendar(settings: Settings) -> Calendar:
    """The calendar that the settings describe."""
    last = None if settings.last_day == "open" else settings.last_day
    return Calendar(settings.first_day, last, settings.cutoffs, settings.lookback_days)


def _mapping(start: int, end: int) -> dg.TimeWindowPartitionMapping:
    return dg.TimeWindowPartitionMapping(start_offset=start, end_offset=end, allow_nonexistent_upstream_partitions=True)


@dataclass(frozen=True)
class Reach:
    """Which days a partition is made from, counted from its own; both ends included."""

    first: timedelta
    last: timedelta

    def span(self, key: str) -> tuple[str, str]:
        """First and last upstream key of the partition `key`."""
        day = date.fromisoformat(key)
        return (day + self.first).isoformat(), (day + self.last).isoformat()


def reach(mapping: dg.PartitionMapping | None, step: timedelta, *, upstream: timedelta = ONE_DAY) -> Reach:
    """What a mapping between partitions means in days; `step` and `upstream` are the widths of the partitions.

    A wider upstream partition counts from its first day on, so that one that began before the window reaches into it.

    Dagster can enumerate the same keys, but takes seconds over a graph of 150 days; a test holds both equal.
    """
    match mapping:
        case dg.TimeWindowPartitionMapping():
            return Reach(mapping.start_offset * step - upstream + ONE_DAY, (mapping.end_offset + 1) * step - ONE_DAY)
        case _:
            return Reach(timedelta(0), step - ONE_DAY)
