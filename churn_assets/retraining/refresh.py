"""When a champion is due for a refresh without any other cause: after so many days of data time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from churn_assets.retraining.cause import Cause, Ground
from churn_assets.retraining.decision import Decision
from churn_assets.retraining.tables import FAILED, MONTHLY_REFRESH


@dataclass(frozen=True)
class Refresh:
    """The rule: `every` so many days of data time the champion is challenged, whatever the reports say."""

    every: timedelta

    def cause(self, clock: date, trained: date, ground: Ground, past: Sequence[Decision]) -> Cause | None:
        """The cause at the data clock, or None where the refresh is not due.

        `trained` is the data clock at which the champion was trained. A retraining for another cause refreshes too,
        also one that kept the champion; a failed one does not.
        """
        others = [known.as_of for known in past if known.is_retraining and known.outcome != FAILED and known.as_of]
        last = max([trained, *others])
        if clock - last < self.every:
            return None
        finding = f"{(clock - last).days} days of log have landed since the last training ({last} to {clock})."
        evidence = {"trained": trained.isoformat(), "last": last.isoformat(), "clock": clock.isoformat()}
        return Cause(MONTHLY_REFRESH, ground, clock, finding, evidence)
