"""The days that cut-offs need; refuses to compute without them, since a wrong number is worse than none."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from churn_assets.cutoffs import days_between
from churn_assets.errors import MissingPartitionError
from churn_assets.lake.lake import Scan

SHOWN_DAYS = 5


def require_days(scan: Scan, first: date, last: date) -> None:
    """Raise MissingPartitionError unless the scan holds every day from `first` to `last`, both included."""
    there = set(scan.keys)
    missing = [day.isoformat() for day in days_between(first, last) if day.isoformat() not in there]
    if missing:
        shown = ", ".join(missing[:SHOWN_DAYS]) + (" …" if len(missing) > SHOWN_DAYS else "")
        message = (
            f"{scan.contract.table} lacks {len(missing)} of the days {first} to {last}: {shown}. "
            "Materialise them first (`churn-assets run` makes every day that is missing)."
        )
        raise MissingPartitionError(message)


def require_landed(cutoffs: Sequence[date], clock: date) -> None:
    """Raise MissingPartitionError if a cut-off lies after the data clock, since its last days have not landed."""
    late = [cutoff for cutoff in cutoffs if cutoff > clock]
    if late:
        message = (
            f"Cut-off {late[0]} needs every day up to {late[0] - timedelta(days=1)}, but the log ends with "
            f"{clock - timedelta(days=1)}: wait for the days between, or choose a cut-off up to {clock}."
        )
        raise MissingPartitionError(message)


@dataclass(frozen=True)
class Lookback:
    """The days before a cut-off that features and population see."""

    first_day: date
    days: int

    def require(self, cutoffs: Sequence[date], scans: Iterable[Scan], clock: date) -> None:
        """Raise MissingPartitionError unless the log has landed up to the cut-offs and no day of it is missing."""
        require_landed(cutoffs, clock)
        first = max(self.first_day, min(cutoffs) - timedelta(days=self.days))
        for scan in scans:
            require_days(scan, first, max(cutoffs) - timedelta(days=1))
