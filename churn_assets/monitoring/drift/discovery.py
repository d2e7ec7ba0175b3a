"""Control of false discoveries when many features are tested at once."""

from collections.abc import Sequence

import numpy as np


def adjusted(p_values: Sequence[float]) -> list[float]:
    """The p-values so adjusted that those up to a level are discoveries at that false discovery rate.

    Benjamini and Hochberg (1995). Where nothing at all has moved, the chance of any discovery is at most the level (for
    independent and for positively dependent tests; the drift study measures it for our features).
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(-p, kind="stable")
    ranks = np.arange(len(p), 0, -1)
    steps = np.minimum.accumulate(p[order] * len(p) / ranks)
    found = np.empty_like(p)
    found[order] = np.minimum(steps, 1.0)
    return [float(value) for value in found]
