"""Exact Shapley values for a score of a few inputs, by enumerating coalitions."""

from collections.abc import Callable
from itertools import combinations
from math import factorial

import numpy as np

from churn_assets.training.arrays import Floats


def exact_shapley(score: Callable[[Floats], Floats], values: Floats, baseline: Floats) -> Floats:
    """Rows x inputs: what each input adds to `score`, averaged over every order in which inputs join the baseline.

    `values` is rows x inputs, `baseline` one value an input, `score` maps such a matrix to one number a row. A row's
    sum is its score less the baseline's. Source: Shapley 1953; cost 2^inputs scores.
    """
    count = values.shape[1]
    worth = {joined: score(_mixed(values, baseline, joined)) for joined in _coalitions(count)}
    shares = np.zeros(values.shape)
    for joined, before in worth.items():
        for newcomer in set(range(count)) - joined:
            weight = factorial(len(joined)) * factorial(count - len(joined) - 1) / factorial(count)
            shares[:, newcomer] += weight * (worth[joined | {newcomer}] - before)
    return shares


def _coalitions(count: int) -> list[frozenset[int]]:
    return [frozenset(chosen) for size in range(count + 1) for chosen in combinations(range(count), size)]


def _mixed(values: Floats, baseline: Floats, joined: frozenset[int]) -> Floats:
    mixed = np.tile(baseline, (len(values), 1))
    for column in joined:
        mixed[:, column] = values[:, column]
    return mixed
