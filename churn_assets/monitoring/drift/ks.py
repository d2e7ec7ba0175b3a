"""The distance between two samples of a numeric feature: the two-sample Kolmogorov-Smirnov statistic."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from churn_assets.training.arrays import Floats


def ordered(column: "pd.Series[float]") -> "Floats":
    """The values of a column in order; a null is a value of its own, below all others.

    So a feature that is undefined more often than before has moved, as far as its share of nulls has.
    """
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    return np.sort(np.where(np.isnan(values), -np.inf, values))


def ks_statistic(reference: "Floats", window: "Floats") -> float:
    """Largest difference between the two distribution functions, from 0 to 1; both samples in order, none empty."""
    points = np.concatenate([reference, window])
    below_reference = np.searchsorted(reference, points, side="right") / len(reference)
    below_window = np.searchsorted(window, points, side="right") / len(window)
    return float(np.abs(below_reference - below_window).max())


def ks_p_value(statistic: float, n_reference: int, n_window: int) -> float:
    """Chance of at least such a distance between samples of one distribution.

    Kolmogorov's limit with the correction of Stephens (1970) for small samples. Ties, and listeners who are in both
    samples, only make it larger than it is.
    """
    from scipy.special import kolmogorov

    root = np.sqrt(n_reference * n_window / (n_reference + n_window))
    return float(kolmogorov((root + 0.12 + 0.11 / root) * statistic))
