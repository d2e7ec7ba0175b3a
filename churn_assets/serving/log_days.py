"""The days of the log, as predictions and served events see them."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class LogDays:
    """The days of the log, first and last included; `date.max` where it is open."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def partition_of(self, day: date) -> date:
        """The partition that holds predictions for `day`: the day itself, or the nearest one of the log."""
        return min(max(day, self.first), self.last)

    def days_of(self, partition: date) -> tuple[date, date]:
        """The first and the last data day that a partition holds predictions for."""
        first = date.min if partition == self.first else partition
        return first, date.max if partition == self.last else partition
