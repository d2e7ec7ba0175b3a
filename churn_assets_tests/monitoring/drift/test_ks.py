"""The distance of numeric features."""

from math import log10
from statistics import mean

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ks_2samp

from churn_assets.monitoring.drift.ks import ks_p_value, ks_statistic, ordered

VALUES = st.lists(st.one_of(st.none(), st.integers(-3, 3).map(float)), min_size=1, max_size=30)


def distance(reference: list[float | None], window: list[float | None]) -> float:
    return ks_statistic(ordered(pd.Series(reference, dtype=float)), ordered(pd.Series(window, dtype=float)))


@given(VALUES, VALUES)
def test_the_statistic_is_the_largest_difference_of_shares_with_nulls_below_everything(
    reference: list[float | None], window: list[float | None]
) -> None:
    old, new = ([-100.0 if value is None else value for value in side] for side in (reference, window))

    shares = [[mean(value <= point for value in side) for side in (old, new)] for point in old + new]

    assert distance(reference, window) == pytest.approx(max(abs(p - q) for p, q in shares), abs=1e-12)


@given(VALUES, VALUES)
def test_it_is_a_distance_from_zero_to_one_that_no_order_changes(
    reference: list[float | None], window: list[float | None]
) -> None:
    found = distance(reference, window)

    assert 0 <= found <= 1
    assert found == pytest.approx(distance(window[::-1], reference), abs=1e-12)
    assert distance(window, window) == 0


def test_a_share_of_nulls_moves_the_statistic_by_itself() -> None:
    assert distance([1.0] * 10, [1.0] * 7 + [None] * 3) == pytest.approx(0.3)


def test_a_column_of_nulls_alone_can_be_compared() -> None:
    assert distance([None, None], [None]) == 0
    assert distance([None, None], [1.0]) == 1


@pytest.mark.parametrize("n_window", [50, 200, 1_000])
@pytest.mark.parametrize("shift", [0.1, 0.15, 0.2, 0.25])
def test_p_values_are_those_of_the_exact_test(n_window: int, shift: float) -> None:
    reference, window = np.arange(1_000) / 1_000, np.arange(n_window) / n_window + shift
    exact = ks_2samp(reference, window, method="exact")

    found = ks_p_value(float(exact.statistic), 1_000, n_window)

    assert log10(found) == pytest.approx(log10(float(exact.pvalue)), rel=0.02, abs=0.02)


def test_ties_only_make_false_alarms_rarer() -> None:
    rng = np.random.default_rng(3)
    draws = [[np.sort(rng.poisson(1.0, size).astype(float)) for size in (300, 60)] for _ in range(400)]

    early = sum(ks_p_value(ks_statistic(first, second), 300, 60) <= 0.05 for first, second in draws)

    assert early <= 0.05 * 400
