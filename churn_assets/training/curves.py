"""The curves of a forecast, thinned to what a picture needs: ROC, precision-recall, calibration, gains, confusion."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import sqrt
from typing import Any, Self

import numpy as np

from churn_assets.training.arrays import Flags, Floats, Integers
from churn_assets.training.metrics import Forecast, Ranking

Z = 1.959964
"""97.5 % quantile of the standard normal, for 95 % intervals."""
POINTS = 200
"""A curve is kept at no more than about so many points."""

Points = tuple[float, ...]


@dataclass(frozen=True)
class CalibrationBin:
    """Forecasts of similar probability: the mean said, the share that churned with its interval, and how many rows."""

    said: float
    happened: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Confusion:
    """Rows by forecast and outcome at the threshold."""

    true_positives: int
    false_positives: int
    false_negatives: int
    true_negatives: int


@dataclass(frozen=True)
class Curves:
    """At each step down the ranking: the share of rows, of churners (recall) and of stayers passed, and precision.

    `recall` over `passed_stayers` is the ROC curve, `precision` over `recall` the precision-recall curve, `recall` over
    `passed` the gains. All but `precision` start at 0; if an outcome is absent its shares are 0.
    """

    passed: Points
    recall: Points
    passed_stayers: Points
    precision: Points
    calibration: tuple[CalibrationBin, ...]
    confusion: Confusion

    @classmethod
    def of(cls, forecast: Forecast) -> Self:
        """The curves of `forecast`."""
        ranking = Ranking.of(forecast)
        last = np.append(ranking.steps[1:], len(ranking.target)) - 1
        kept = last[np.unique(np.linspace(0, len(last) - 1, POINTS).round().astype(np.int64))]
        rows, hits = (kept + 1).astype(np.float64), np.cumsum(ranking.target)[kept].astype(np.float64)
        positives = float(ranking.target.sum())
        precision = hits / rows
        return cls(
            passed=_points(rows / len(ranking.target)),
            recall=_points(hits / max(positives, 1.0)),
            passed_stayers=_points((rows - hits) / max(len(ranking.target) - positives, 1.0)),
            precision=(float(precision[0]), *precision.tolist()),
            calibration=_calibration_bins(forecast, ranking),
            confusion=_confusion(forecast),
        )

    def to_json(self) -> dict[str, Any]:
        """Plain data that `from_json` reads back."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The curves that `to_json` described."""
        return cls(
            passed=tuple(data["passed"]),
            recall=tuple(data["recall"]),
            passed_stayers=tuple(data["passed_stayers"]),
            precision=tuple(data["precision"]),
            calibration=tuple(CalibrationBin(**entry) for entry in data["calibration"]),
            confusion=Confusion(**data["confusion"]),
        )


def _points(values: Floats) -> Points:
    return (0.0, *values.tolist())


def _confusion(forecast: Forecast) -> Confusion:
    called, churned = forecast.probability >= forecast.threshold, forecast.target
    return Confusion(
        true_positives=int((called & churned).sum()),
        false_positives=int((called & ~churned).sum()),
        false_negatives=int((~called & churned).sum()),
        true_negatives=int((~called & ~churned).sum()),
    )


def _calibration_bins(forecast: Forecast, ranking: Ranking) -> tuple[CalibrationBin, ...]:
    """Bins of equal size, the lowest probabilities first."""
    ends = np.append(ranking.bins[1:], len(ranking.target))
    listener_of = forecast.listener_of[ranking.order]
    return tuple(
        _bin(ranking.probability[start:end], ranking.target[start:end], listener_of[start:end])
        for start, end in reversed(list(zip(ranking.bins, ends, strict=True)))
    )


def _bin(probability: Floats, target: Flags, listener_of: Integers) -> CalibrationBin:
    """One bin, its interval after Wilson 1927 with as many independent rows as there are listeners."""
    share, n = float(target.mean()), len(np.unique(listener_of))
    middle = (share + Z * Z / (2 * n)) / (1 + Z * Z / n)
    margin = Z / (1 + Z * Z / n) * sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
    return CalibrationBin(float(probability.mean()), share, max(middle - margin, 0.0), middle + margin, len(target))
