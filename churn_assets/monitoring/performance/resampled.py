"""AUC, log-loss and base rate of the same rows, realised and expected, under the same resamplings of listeners."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from churn_assets.monitoring.performance.production import BASE_RATE
from churn_assets.training.arrays import Flags, Floats, Integers
from churn_assets.training.bootstrap import Resampling
from churn_assets.training.calibration import SURELY, log_losses
from churn_assets.training.metrics import CELLS

AUC, LOG_LOSS = "roc_auc", "log_loss"
TESTED = (AUC, LOG_LOSS, BASE_RATE)


@dataclass(frozen=True)
class Resampled:
    """One metric: its value on the rows, and in every replicate (NaN where undefined)."""

    value: float
    replicates: Floats

    def __sub__(self, other: "Resampled") -> "Resampled":
        return Resampled(self.value - other.value, self.replicates - other.replicates)

    @property
    def error(self) -> float:
        """Standard error; 0 where no replicate is defined."""
        defined = self.replicates[np.isfinite(self.replicates)]
        return float(defined.std(ddof=1)) if len(defined) > 1 else 0.0


@dataclass(frozen=True)
class Pair:
    """A metric as it was realised and as the probabilities made it expected, replicate by replicate."""

    realised: Resampled
    expected: Resampled


def resampled(
    probability: Floats, happened: Flags, *, listener_of: Integers, resampling: Resampling
) -> Mapping[str, Pair]:
    """The TESTED metrics; `probability`, `happened` and `listener_of` (codes) are one a row.

    A listener is drawn with all rows at all cut-offs, so that what repeats itself is not taken for evidence.
    """
    _, codes = np.unique(listener_of, return_inverse=True)
    counts = resampling.counts(int(codes.max()) + 1).astype(np.float64)
    weighted = _Weighted(codes, counts)
    outcome, said = happened.astype(np.float64), np.clip(probability, SURELY, 1.0 - SURELY)
    entropy = -(said * np.log(said) + (1.0 - said) * np.log1p(-said))
    return {
        AUC: _Ranked.of(probability).pair(outcome, weighted),
        LOG_LOSS: Pair(weighted.mean(log_losses(happened, said)), weighted.mean(entropy)),
        BASE_RATE: Pair(weighted.mean(outcome), weighted.mean(probability)),
    }


@dataclass(frozen=True)
class _Weighted:
    """The listener of each row, and replicates x listeners: how often each was drawn."""

    codes: Integers
    counts: Floats

    def mean(self, values: Floats) -> Resampled:
        """The mean over rows; sums by listener make it one matrix product."""
        sums, rows = np.bincount(self.codes, weights=values), np.bincount(self.codes)
        return Resampled(float(values.mean()), (self.counts @ sums) / (self.counts @ rows))


@dataclass(frozen=True)
class _Ranked:
    """Rows by falling probability; `steps` start the runs of equal ones."""

    order: Integers
    steps: Integers
    said: Floats

    @classmethod
    def of(cls, probability: Floats) -> Self:
        order = np.argsort(-probability, kind="stable")
        said = probability[order]
        return cls(order, np.flatnonzero(np.concatenate([[True], np.diff(said) != 0])), said)

    def pair(self, outcome: Floats, weighted: _Weighted) -> Pair:
        """The AUC of what happened, and of every row as a churner with its probability and a stayer with the rest."""
        happened, codes = outcome[self.order], weighted.codes[self.order]
        once = np.ones((1, len(codes)))
        step = max(1, CELLS // len(codes))
        blocks = [weighted.counts[start : start + step] for start in range(0, len(weighted.counts), step)]
        return Pair(
            *(
                Resampled(
                    float(self._auc(once, churning)[0]),
                    np.concatenate([self._auc(block[:, codes], churning) for block in blocks]),
                )
                for churning in (happened, self.said)
            )
        )

    def _auc(self, weights: Floats, churning: Floats) -> Floats:
        """One AUC a line of `weights`; ties count half, NaN with one outcome only."""
        hits = np.add.reduceat(weights * churning, self.steps, axis=1)
        rest = np.add.reduceat(weights * (1.0 - churning), self.steps, axis=1)
        pairs = (rest * (np.cumsum(hits, axis=1) - hits / 2.0)).sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(pairs / (hits.sum(axis=1) * rest.sum(axis=1)), dtype=np.float64)
