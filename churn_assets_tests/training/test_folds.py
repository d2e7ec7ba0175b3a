import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_assets.errors import TrainingError
from churn_assets.training.folds import assign_folds

LISTENER_OF = np.repeat(np.arange(40), 3)
TARGET = LISTENER_OF % 4 == 0


@given(seed=st.integers(0, 1000), folds=st.integers(2, 5), listeners=st.integers(20, 60))
def test_a_listener_is_never_in_two_folds(seed: int, folds: int, listeners: int) -> None:
    chance = np.random.default_rng(seed)
    listener_of = chance.integers(listeners, size=300)
    _, listener_of = np.unique(listener_of, return_inverse=True)
    fold_of = assign_folds(listener_of, chance.random(300) < 0.4, folds=folds, seed=seed)
    assert all(len(set(fold_of[listener_of == listener])) == 1 for listener in set(listener_of))
    assert set(fold_of) == set(range(folds))


def test_churners_are_dealt_evenly() -> None:
    fold_of = assign_folds(LISTENER_OF, TARGET, folds=2, seed=1)
    churners = [len(set(LISTENER_OF[TARGET & (fold_of == fold)])) for fold in (0, 1)]
    assert churners == [5, 5]


def test_listeners_are_dealt_evenly() -> None:
    fold_of = assign_folds(LISTENER_OF, TARGET, folds=3, seed=1)
    assert sorted(np.bincount(fold_of)) == [39, 39, 42]


def test_the_same_seed_gives_the_same_folds_and_another_seed_others() -> None:
    first = assign_folds(LISTENER_OF, TARGET, folds=3, seed=1)
    assert np.array_equal(first, assign_folds(LISTENER_OF, TARGET, folds=3, seed=1))
    assert not np.array_equal(first, assign_folds(LISTENER_OF, TARGET, folds=3, seed=2))


def test_too_few_churners_for_the_folds_is_an_error_that_says_so() -> None:
    with pytest.raises(TrainingError, match=r"2 listeners with a positive outcome .* cannot fill 3 folds"):
        assign_folds(np.arange(10), np.arange(10) < 2, folds=3, seed=1)


def test_nobody_who_stayed_is_an_error_too() -> None:
    with pytest.raises(TrainingError, match="10 listeners with a positive outcome and 0 with a negative one cannot"):
        assign_folds(np.arange(10), np.ones(10, dtype=bool), folds=2, seed=1)
