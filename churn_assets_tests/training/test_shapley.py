from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_assets.training.arrays import Floats
from churn_assets.training.rungs.shapley import exact_shapley

numbers = st.floats(-3, 3)


def product_and_square(values: Floats) -> Floats:
    """A score in which the inputs need each other."""
    return np.asarray(values[:, 0] * values[:, 1] + values[:, 2] ** 2 + 1.0, dtype=np.float64)


def by_every_order(row: Floats, baseline: Floats) -> Floats:
    """The definition: the change each input makes, averaged over every order of joining."""
    shares = np.zeros(3)
    for order in permutations(range(3)):
        current = baseline.copy()
        for joined in order:
            before = product_and_square(current[None, :])[0]
            current[joined] = row[joined]
            shares[joined] += (product_and_square(current[None, :])[0] - before) / 6.0
    return shares


@given(st.tuples(numbers, numbers, numbers), st.tuples(numbers, numbers, numbers))
def test_shares_are_the_average_over_every_order_and_add_up(
    row: tuple[float, float, float], baseline: tuple[float, float, float]
) -> None:
    values, start = np.array([row]), np.array(baseline)
    shares = exact_shapley(product_and_square, values, start)
    assert shares[0] == pytest.approx(by_every_order(values[0], start), abs=1e-9)
    change = product_and_square(values) - product_and_square(start[None, :])
    assert shares.sum(axis=1) == pytest.approx(change, abs=1e-9)


def test_an_input_that_does_not_matter_has_no_share() -> None:
    shares = exact_shapley(lambda values: values[:, 0] * 2.0, np.array([[3.0, 9.0]]), np.array([1.0, 1.0]))
    assert shares.tolist() == [[4.0, 0.0]]


def test_one_input_has_the_whole_change() -> None:
    shares = exact_shapley(lambda values: values[:, 0] ** 2, np.array([[3.0], [0.0]]), np.array([2.0]))
    assert shares.tolist() == [[5.0], [-4.0]]
