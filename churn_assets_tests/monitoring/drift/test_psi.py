"""The distance of categorical features."""

from math import log

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_assets.monitoring.drift.psi import Levels, psi, psi_p_value

COUNTS = st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200)), min_size=2, max_size=8)


def column(**rows: int) -> "pd.Series[str]":
    return pd.Series([name for name, count in rows.items() for _ in range(count)], dtype=object)


def test_the_index_is_that_of_the_textbook_with_half_a_row_more() -> None:
    p, q = (50.5 / 101, 50.5 / 101), (80.5 / 101, 20.5 / 101)
    expected = sum((b - a) * log(b / a) for a, b in zip(p, q, strict=True))

    assert psi(np.array([50, 50]), np.array([80, 20])) == pytest.approx(expected)


@given(COUNTS)
def test_it_is_finite_never_negative_and_zero_between_equals(counts: list[tuple[int, int]]) -> None:
    reference, window = (np.array(side) for side in zip(*counts, strict=True))

    assert 0 <= psi(reference, window) < np.inf
    assert psi(reference, reference) == 0
    assert psi(reference, window) == pytest.approx(psi(window, reference))


def test_rare_categories_count_as_one() -> None:
    levels = Levels.of(column(a=900, b=96, c=2, d=2))

    assert levels.frequent == ("a", "b")
    assert levels.counts(column(a=5, c=1, d=1)).tolist() == [5, 0, 2]


def test_null_is_a_level_of_its_own() -> None:
    levels = Levels.of(pd.Series(["a", None, None, "a"], dtype=object))

    assert levels.counts(pd.Series([None, "a", None], dtype=object)).tolist() == [2, 1]


def test_a_category_never_seen_is_counted_nowhere() -> None:
    levels = Levels.of(column(a=60, b=40))

    assert psi(levels.counts(column(a=60, b=40)), levels.counts(column(a=60, b=40, new=500))) == 0


@given(st.integers(0, 2**31))
def test_p_values_are_shares_that_are_never_zero(seed: int) -> None:
    found = psi_p_value(np.array([900, 100]), np.array([0, 100]), seed)

    assert found == pytest.approx(1e-4)


def test_the_same_seed_gives_the_same_p_value() -> None:
    counts = np.array([500, 300, 200]), np.array([40, 40, 20])

    assert psi_p_value(*counts, 5) == psi_p_value(*counts, 5)


def test_without_drift_small_p_values_are_as_rare_as_they_say() -> None:
    rng = np.random.default_rng(7)
    shares = np.array([0.4, 0.3, 0.2, 0.06, 0.04])
    draws = [(rng.multinomial(400, shares), rng.multinomial(60, shares)) for _ in range(400)]

    found = np.array([psi_p_value(*counts, number) for number, counts in enumerate(draws)])

    assert abs((found <= 0.05).mean() - 0.05) < 0.035
    assert abs((found <= 0.5).mean() - 0.5) < 0.08


def test_dozens_of_levels_in_a_small_window_are_no_drift_by_themselves() -> None:
    rng = np.random.default_rng(1)
    shares = np.full(40, 1 / 40)

    reference, window = rng.multinomial(2_000, shares), rng.multinomial(60, shares)

    assert psi(reference, window) > 0.25
    assert psi_p_value(reference, window, 1) > 0.05
