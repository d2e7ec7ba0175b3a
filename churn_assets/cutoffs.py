"""Days, cut-offs, and when the labels of a cut-off are mature; everything is a UTC calendar day."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
EPOCH = date(1970, 1, 1)
DAYS_A_WEEK = 7


def epoch_day(day: date) -> int:
    """Days from 1970-01-01 to `day`."""
    return (day - EPOCH).days


def epoch_days(keys: Iterable[str]) -> list[int]:
    """Partition keys (days or cut-offs) as days from 1970-01-01."""
    return [epoch_day(date.fromisoformat(key)) for key in keys]


def epoch_ms(day: date) -> int:
    """Milliseconds from the epoch to 00:00 UTC of `day`."""
    return epoch_day(day) * DAY


def day_of(ts: int) -> date:
    """UTC day of `ts`, a time in epoch milliseconds."""
    return EPOCH + timedelta(days=ts // DAY)


def days_between(first: date, last: date) -> Iterator[date]:
    """Every day from `first` to `last`, both included; none if `last` lies before `first`."""
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def midnight(day: date) -> datetime:
    """00:00 of `day` as a naive UTC datetime, the type of the `cutoff` column."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC).replace(tzinfo=None)


@dataclass(frozen=True)
class CutoffSchedule:
    """Which days are cut-offs: a weekday (0 is Monday) or, without one, every day."""

    first_day: date
    warmup_days: int
    horizon_days: int
    weekday: int | None

    @property
    def first(self) -> date:
        """First cut-off of the schedule."""
        earliest = self.first_day + timedelta(days=self.warmup_days)
        if self.weekday is None:
            return earliest
        return earliest + timedelta(days=(self.weekday - earliest.weekday()) % DAYS_A_WEEK)

    @property
    def step(self) -> timedelta:
        """Time from one cut-off to the next."""
        return timedelta(days=1 if self.weekday is None else DAYS_A_WEEK)

    def up_to(self, clock: date) -> list[date]:
        """Every cut-off from the first to the data clock `clock`, which may be one itself."""
        count = (clock - self.first) // self.step + 1
        return [self.first + n * self.step for n in range(max(count, 0))]

    def mature(self, clock: date) -> list[date]:
        """The cut-offs whose whole label window has landed at the data clock `clock`."""
        return self.up_to(clock - timedelta(days=self.horizon_days))

    def matures_on(self, cutoff: date) -> date:
        """The data clock at which the labels of `cutoff` become mature."""
        return cutoff + timedelta(days=self.horizon_days)
