"""The array types of this stage, and the few conversions every model needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
Texts = NDArray[Any]

NO_TEXT = "(none)"
"""How a null category is called inside models; no category of a log is written in parentheses."""


class Rows(Protocol):
    """Feature columns by name: a frame, or plain arrays."""

    def __contains__(self, name: Any, /) -> bool:
        """Whether there is such a column."""

    def __getitem__(self, name: Any, /) -> Any:
        """The column, a series or an array."""

    def __len__(self) -> int:
        """Number of rows."""


@dataclass(frozen=True)
class Columns:
    """Feature rows as plain `arrays` of `size` values: what a frame is, without what it costs for a row or two."""

    arrays: Mapping[str, NDArray[Any]]
    size: int

    def __contains__(self, name: Any, /) -> bool:
        return name in self.arrays

    def __getitem__(self, name: Any, /) -> NDArray[Any]:
        return self.arrays[name]

    def __len__(self) -> int:
        return self.size


def numbers(column: "pd.Series | NDArray[Any]") -> Floats:
    """The values of a numeric column as floats, nulls as NaN."""
    if isinstance(column, np.ndarray):
        return column.astype(np.float64, copy=False)
    return column.to_numpy(dtype=np.float64, na_value=np.nan)


def texts(column: "pd.Series | NDArray[Any]") -> Texts:
    """The values of a categorical column as text objects, nulls as `NO_TEXT`."""
    values = column if isinstance(column, np.ndarray) else column.to_numpy(dtype=object)
    # Never through an array of a text type: it would give every text the room of the longest.
    return np.array([value if type(value) is str else _text(value) for value in values.tolist()], dtype=object)


def _text(value: Any) -> str:
    return NO_TEXT if value is None or pd.isna(value) else str(value)


def logit(probability: Floats | float) -> Floats:
    """Log-odds of probabilities strictly between 0 and 1."""
    share = np.asarray(probability, dtype=np.float64)
    return np.asarray(np.log(share) - np.log1p(-share), dtype=np.float64)


def expit(log_odds: Floats) -> Floats:
    """Probabilities of log-odds; the inverse of `logit`, without overflow at any size."""
    return np.exp(-np.logaddexp(0.0, -log_odds))
