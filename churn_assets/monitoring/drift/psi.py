"""The distance between two samples of a categorical feature: the population stability index of known categories."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from churn_assets.training.arrays import texts

if TYPE_CHECKING:
    import pandas as pd

    from churn_assets.training.arrays import Floats, Integers

RARE_SHARE = 0.01
"""Categories rarer than this in the reference count as one."""
ROUNDING = 1e-12
HALF = 0.5
"""Added to every count, so that an empty category gives a finite index."""
FIRST_DRAWS, DRAWS = 999, 9_999
"""Draws of the null: p-values down to one in ten thousand, which the control over all features asks for."""
CLEAR = 0.1
"""A p-value above this after the first draws leaves nothing to be found out by more."""


@dataclass(frozen=True, eq=False)
class Levels:
    """The categories of a reference, null among them: those counted one by one, and the rare ones counted as one."""

    frequent: tuple[str, ...]
    rare: frozenset[str]

    @classmethod
    def of(cls, column: "pd.Series[str]") -> "Levels":
        """The levels of a reference column."""
        names, counts = np.unique(texts(column).astype(str), return_counts=True)
        is_rare = counts < RARE_SHARE * len(column)
        return cls(tuple(names[~is_rare].tolist()), frozenset(names[is_rare].tolist()))

    def counts(self, column: "pd.Series[str]") -> "Integers":
        """Rows by level, the rare ones (if there are any) last; what the reference never saw is counted nowhere."""
        names, counts = np.unique(texts(column).astype(str), return_counts=True)
        found = dict(zip(names.tolist(), counts.tolist(), strict=True))
        rare = [sum(found.get(name, 0) for name in self.rare)] if self.rare else []
        return np.array([*(found.get(name, 0) for name in self.frequent), *rare], dtype=np.int64)


def psi(reference: "Integers", window: "Integers") -> float:
    """Population stability index of counts by level, 0 or more.

    Sum of (q - p) ln(q / p) over the levels, with half a row added to each count.
    """
    return float(_psi(reference[None, :].astype(np.float64), window[None, :].astype(np.float64))[0])


def psi_p_value(reference: "Integers", window: "Integers", seed: int) -> float:
    """Chance of at least such an index if the window's listeners were drawn at random from both samples together.

    A permutation test: which rows are the window's is drawn again, without replacement, FIRST_DRAWS times, and DRAWS
    times where those leave it open (Phipson and Smyth 2010: the observed draw counts as one of them).
    """
    first = _share_beyond(reference, window, np.random.default_rng(seed), FIRST_DRAWS)
    return first if first > CLEAR else _share_beyond(reference, window, np.random.default_rng(seed), DRAWS)


def _share_beyond(reference: "Integers", window: "Integers", rng: np.random.Generator, draws: int) -> float:
    pooled = reference + window
    drawn = rng.multivariate_hypergeometric(pooled, int(window.sum()), size=draws, method="marginals")
    under_null = _psi((pooled - drawn).astype(np.float64), drawn.astype(np.float64))
    at_least = int(np.count_nonzero(under_null >= psi(reference, window) - ROUNDING))
    return (1 + at_least) / (1 + draws)


def _psi(reference: "Floats", window: "Floats") -> "Floats":
    """The index of each row of two tables of counts."""
    p, q = ((counts + HALF) / (counts + HALF).sum(axis=1, keepdims=True) for counts in (reference, window))
    return np.asarray(((q - p) * np.log(q / p)).sum(axis=1), dtype=np.float64)
