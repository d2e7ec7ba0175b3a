"""The metrics of a probability forecast, computed for many weightings of the same rows at once.

The rows are sorted once; a weighting (one a bootstrap replicate) is then a few cumulative sums. Rows of equal
probability are one step of every curve, so that ties neither help nor harm.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from churn_assets.training.arrays import Flags, Floats, Integers
from churn_assets.training.bootstrap import Interval, Resampling
from churn_assets.training.calibration import SURELY, log_losses

TOP = 0.10
"""The share of listeners with the highest probabilities that lift and recall look at."""
BINS = 10
"""Bins of equal size that the calibration error compares in."""
CELLS = 2_000_000
"""Weights that are held in memory at once: replicates are worked off in blocks of this many cells."""

METRICS = (
    "roc_auc",
    "average_precision",
    "accuracy",
    "log_loss",
    "brier",
    "calibration_error",
    "lift_top_10",
    "recall_top_10",
    "f1",
)
NEEDS_BOTH_OUTCOMES = frozenset({"roc_auc", "average_precision", "lift_top_10", "recall_top_10", "f1"})
DISTANCES = frozenset({"calibration_error"})


@dataclass(frozen=True)
class Measurement:
    """One metric with its interval over listeners; None where the rows leave it undefined."""

    metric: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    positives: int

    def to_json(self) -> dict[str, Any]:
        """Plain data, one key a field."""
        return dict(vars(self))


@dataclass(frozen=True)
class Forecast:
    """Probabilities, what became of the rows, whose rows they are, and from which probability churn is predicted."""

    probability: Floats
    target: Flags
    listener_of: Integers
    threshold: float

    def measure(self, resampling: Resampling) -> tuple[Measurement, ...]:
        """Every metric with its interval."""
        ranking = Ranking.of(self)
        values = ranking.metrics(np.ones((1, len(self.target))))
        replicated = self._replicated(ranking, resampling)
        n, positives = len(self.target), int(self.target.sum())
        intervals = {
            metric: resampling.interval(float(values[metric][0]), replicated[metric], is_distance=metric in DISTANCES)
            for metric in METRICS
        }
        return tuple(_measurement(metric, intervals[metric], n, positives=positives) for metric in METRICS)

    def _replicated(self, ranking: "Ranking", resampling: Resampling) -> Mapping[str, Floats]:
        _, listener_of = np.unique(self.listener_of, return_inverse=True)
        counts = resampling.counts(int(listener_of.max()) + 1)
        codes = listener_of[ranking.order]
        step = max(1, CELLS // len(codes))
        blocks = [
            ranking.metrics(counts[start : start + step][:, codes].astype(np.float64))
            for start in range(0, len(counts), step)
        ]
        return {metric: np.concatenate([block[metric] for block in blocks]) for metric in METRICS}


def best_f1_threshold(probability: Floats, target: Flags) -> float:
    """The probability from which predicting churn gives the best F1, half-way to the next lower one."""
    ranking = Ranking.of(Forecast(probability, target, np.zeros(len(target), dtype=np.int64), threshold=0.5))
    last = np.append(ranking.steps[1:], len(target)) - 1
    scores = 2.0 * np.cumsum(ranking.target)[last] / (last + 1 + target.sum())
    best = int(np.argmax(scores))
    lowest = ranking.probability[last[best]]
    below = ranking.probability[last[best] + 1] if best + 1 < len(last) else lowest
    return float((lowest + below) / 2.0)


def _measurement(metric: str, interval: Interval, n: int, *, positives: int) -> Measurement:
    return Measurement(metric, interval.value, interval.low, interval.high, n, positives)


@dataclass(frozen=True)
class Ranking:
    """A forecast sorted by falling probability: `order` sorts the rows, `steps` start the runs of equal ones."""

    order: Integers
    steps: Integers
    probability: Floats
    target: Flags
    threshold: float

    @classmethod
    def of(cls, forecast: Forecast) -> "Ranking":
        """Sort the rows of `forecast`."""
        order = np.argsort(-forecast.probability, kind="stable")
        probability = forecast.probability[order]
        steps = np.flatnonzero(np.concatenate([[True], np.diff(probability) != 0]))
        return cls(order, steps, probability, forecast.target[order], forecast.threshold)

    def metrics(self, weights: Floats) -> dict[str, Floats]:
        """Every metric under each weighting (weightings x sorted rows); NaN where undefined."""
        with np.errstate(divide="ignore", invalid="ignore"):
            values = self._ranked(weights) | self._decided(weights) | self._scored(weights)
        positives, rows = weights @ self.target, weights.sum(axis=1)
        one_sided = (positives == 0) | (positives == rows)
        return {
            metric: np.where(one_sided, np.nan, value) if metric in NEEDS_BOTH_OUTCOMES else value
            for metric, value in values.items()
        }

    def _ranked(self, weights: Floats) -> dict[str, Floats]:
        rows = np.add.reduceat(weights, self.steps, axis=1)
        hits = np.add.reduceat(weights * self.target, self.steps, axis=1)
        reached, found = np.cumsum(rows, axis=1), np.cumsum(hits, axis=1)
        total, positives = reached[:, -1], found[:, -1]
        ordered_pairs = ((rows - hits) * (found - hits / 2.0)).sum(axis=1)
        precision = np.where(hits > 0, found / reached, 0.0)
        recall = _reached_at(TOP * total, reached, found) / positives
        return {
            "roc_auc": ordered_pairs / (positives * (total - positives)),
            "average_precision": (hits * precision).sum(axis=1) / positives,
            "lift_top_10": recall / TOP,
            "recall_top_10": recall,
        }

    def _decided(self, weights: Floats) -> dict[str, Floats]:
        flagged = self.probability >= self.threshold
        hits, positives = weights @ (flagged & self.target), weights @ self.target
        called = weights @ flagged
        right = weights @ (flagged == self.target)
        return {"accuracy": right / weights.sum(axis=1), "f1": 2.0 * hits / (called + positives)}

    def _scored(self, weights: Floats) -> dict[str, Floats]:
        total = weights.sum(axis=1)
        probability = np.clip(self.probability, SURELY, 1.0 - SURELY)
        gaps = np.add.reduceat(weights * (self.target - self.probability), self.bins, axis=1)
        return {
            "log_loss": weights @ log_losses(self.target, probability) / total,
            "brier": weights @ (self.target - self.probability) ** 2 / total,
            "calibration_error": np.abs(gaps).sum(axis=1) / total,
        }

    @property
    def bins(self) -> Integers:
        """Where each of up to `BINS` bins of equal size starts; rows of equal probability share a bin."""
        wanted = np.arange(BINS) * len(self.target) // BINS
        return np.unique(self.steps[np.searchsorted(self.steps, wanted, side="right") - 1])


def _reached_at(wanted: Floats, reached: Floats, found: Floats) -> Floats:
    """`found` where `reached` first is `wanted`, one a line, linear within a run of equal probability."""
    step = np.minimum((reached < wanted[:, None]).sum(axis=1), reached.shape[1] - 1)
    line = np.arange(len(reached))
    before, found_before = (np.where(step > 0, curve[line, step - 1], 0.0) for curve in (reached, found))
    share = (wanted - before) / (reached[line, step] - before)
    return np.asarray(found_before + share * (found[line, step] - found_before), dtype=np.float64)
