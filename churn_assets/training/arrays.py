"""The array types of this stage, and the few conversions every model needs."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
Texts = NDArray[Any]

NO_TEXT = "(none)"
"""How a null category is called inside models; no category of a log is written in parentheses."""


def numbers(column: pd.Series) -> Floats:
    """The values of a numeric column as floats, nulls as NaN."""
    return column.to_numpy(dtype=np.float64, na_value=np.nan)


def texts(column: pd.Series) -> Texts:
    """The values of a categorical column as text objects, nulls as `NO_TEXT`."""
    values = column.to_numpy(dtype=object)
    return np.where(pd.isna(values), NO_TEXT, values.astype(str)).astype(object)


def logit(probability: Floats | float) -> Floats:
    """Log-odds of probabilities strictly between 0 and 1."""
    share = np.asarray(probability, dtype=np.float64)
    return np.asarray(np.log(share) - np.log1p(-share), dtype=np.float64)


def expit(log_odds: Floats) -> Floats:
    """Probabilities of log-odds; the inverse of `logit`, without overflow at any size."""
    return np.exp(-np.logaddexp(0.0, -log_odds))
