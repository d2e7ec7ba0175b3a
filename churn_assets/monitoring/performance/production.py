"""What a version promised: its promotion test, as its registered evaluation holds it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from math import sqrt
from typing import Self

from churn_assets.training.bootstrap import Interval
from churn_assets.training.curves import Z
from churn_assets.training.evaluation import EVERYBODY, Evaluation
from churn_assets.training.options import Target

BASE_RATE = "base_rate"
NOTHING = Interval(None, None, None)


@dataclass(frozen=True)
class Production:
    """The metrics of a version's promotion test with their 95 % intervals, by target and metric.

    `last_label_day` is the end of the newest label window that shaped the version: from there on a cut-off is honest.
    `tested` are the cut-offs of the promotion test. `expected_rate` is the mean probability that was said there, and
    `rate_error` the standard error of how far the share of churners lay from it.
    """

    version: str
    target: Target
    threshold: float
    last_label_day: date
    tested: tuple[date, ...]
    measured: Mapping[tuple[str, str], Interval]
    expected_rate: float
    rate_error: float

    @classmethod
    def of(cls, version: str, evaluation: Evaluation, *, last_label_day: date) -> Self:
        """The promotion test that `evaluation` describes.

        The rates' errors take the rows of a listener at all cut-offs for one: too wide rather than too narrow.
        """
        rows = len(evaluation.cutoffs)
        headline, bins = evaluation.headline()["brier"], evaluation.curves.calibration
        return cls(
            version=version,
            target=evaluation.target,
            threshold=evaluation.threshold,
            last_label_day=last_label_day,
            tested=evaluation.cutoffs,
            measured=dict(_intervals(evaluation)),
            expected_rate=sum(step.said * step.n for step in bins) / sum(step.n for step in bins),
            rate_error=sqrt((headline.value or 0.0) * rows / headline.n),
        )

    def get(self, target: str, metric: str) -> Interval:
        """A metric of the promotion test; nulls where it has none."""
        return self.measured.get((target, metric), NOTHING)

    def error(self, metric: str) -> float:
        """Standard error of a metric of the version's own target, from the width of its interval; 0 without one."""
        found = self.get(self.target, metric)
        return 0.0 if found.low is None or found.high is None else (found.high - found.low) / (2.0 * Z)


def _intervals(evaluation: Evaluation) -> Iterator[tuple[tuple[str, str], Interval]]:
    """The metrics of everybody, and of each target the share of rows that it happened to."""
    rows = len(evaluation.cutoffs)
    for entry in evaluation.measurements:
        if entry.segment == EVERYBODY:
            found = entry.measurement
            yield (entry.target, found.metric), Interval(found.value, found.low, found.high)
            yield (entry.target, BASE_RATE), _share(found.positives, found.n, listeners=found.n / rows)


def _share(positives: int, n: int, *, listeners: float) -> Interval:
    """A share with Wilson's interval (1927), of as many independent rows as there are listeners."""
    share = positives / n
    middle = (share + Z * Z / (2 * listeners)) / (1 + Z * Z / listeners)
    margin = Z / (1 + Z * Z / listeners) * sqrt(share * (1 - share) / listeners + Z * Z / (4 * listeners**2))
    return Interval(share, max(middle - margin, 0.0), min(middle + margin, 1.0))
