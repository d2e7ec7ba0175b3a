"""Uncertainty by resampling listeners, not rows: the rows of one listener are no independent evidence."""

from dataclasses import dataclass

import numpy as np

from churn_assets.training.arrays import Flags, Floats, Integers
from churn_assets.training.calibration import log_losses

LEAST_DEFINED = 0.5
"""An interval needs the statistic to exist in at least this share of the replicates."""

FEWEST_DEFINED = 2


@dataclass(frozen=True)
class Interval:
    """A statistic with its interval; None where it is undefined."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Resampling:
    """How often to resample, how sure to be, and the seed (Efron & Tibshirani 1993, percentile bootstrap)."""

    replicates: int = 300
    confidence: float = 0.95
    seed: int = 7

    def counts(self, listeners: int) -> Integers:
        """Replicates x listeners: how often each listener was drawn; every row sums to `listeners`."""
        drawn = np.random.default_rng(self.seed).integers(listeners, size=(self.replicates, listeners))
        shifted = drawn + np.arange(self.replicates)[:, None] * listeners
        return np.bincount(shifted.ravel(), minlength=shifted.size).reshape(drawn.shape)

    def interval(self, value: float, replicated: Floats, *, is_distance: bool = False) -> Interval:
        """The percentile interval; for a distance from 0, which resampling inflates, the basic one, never below 0."""
        if not np.isfinite(value):
            return Interval(None, None, None)
        defined = replicated[np.isfinite(replicated)]
        if len(defined) < LEAST_DEFINED * len(replicated) or len(defined) < FEWEST_DEFINED:
            return Interval(value, None, None)
        tail = (1.0 - self.confidence) / 2.0
        low, high = (float(bound) for bound in np.quantile(defined, [tail, 1.0 - tail]))
        if is_distance:
            low, high = max(0.0, 2.0 * value - high), max(0.0, 2.0 * value - low)
        return Interval(value, low, high)


def paired_log_loss_difference(
    target: Flags, first: Floats, second: Floats, *, listener_of: Integers, resampling: Resampling
) -> Interval:
    """Mean log-loss of `first` less that of `second` on the same rows, resampled by listener; below 0 `first` wins.

    `first` and `second` are probabilities strictly within (0, 1), `listener_of` codes from 0, all one a row.
    """
    differences = log_losses(target, first) - log_losses(target, second)
    sums, rows = np.bincount(listener_of, weights=differences), np.bincount(listener_of)
    present = rows > 0
    counts = resampling.counts(int(present.sum())).astype(np.float64)
    replicated = (counts @ sums[present]) / (counts @ rows[present].astype(np.float64))
    return resampling.interval(float(differences.mean()), replicated)
