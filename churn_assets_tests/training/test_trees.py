from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier

from churn_assets.training.arrays import Flags, Floats, expit
from churn_assets.training.rungs import boosting, forest
from churn_assets.training.rungs.trees import Nodes, Trees


def drawn(*, seed: int = 2, nulls: float = 0.0) -> tuple[Floats, Flags]:
    """400 rows of five columns in single precision, some null, and an outcome of the first two."""
    chance = np.random.default_rng(seed)
    matrix = chance.normal(size=(400, 5)).astype(np.float32).astype(np.float64)
    target = chance.random(400) < expit(matrix[:, 0] - matrix[:, 1] ** 2)
    matrix[chance.random(matrix.shape) < nulls] = np.nan
    return matrix, target


def a_forest(matrix: Floats, target: Flags) -> tuple[RandomForestClassifier, Trees]:
    """scikit-learn's forest and ours."""
    grown = RandomForestClassifier(12, max_depth=6, class_weight="balanced", random_state=1).fit(matrix, target)
    return grown, forest._trees(grown)


def a_boosting(matrix: Floats, target: Flags) -> tuple[HistGradientBoostingClassifier, Trees]:
    """scikit-learn's boosting and ours."""
    grown = HistGradientBoostingClassifier(max_iter=15, max_leaf_nodes=7, class_weight="balanced").fit(matrix, target)
    return grown, boosting._trees(grown)


def stump(*, null_goes_left: bool) -> Nodes:
    """One split at 0.5 of the second column: 1 to the left, 2 to the right."""
    return Nodes(
        column=np.array([1, 0, 0]),
        threshold=np.array([0.5, 0.0, 0.0]),
        null_goes_left=np.array([null_goes_left, False, False]),
        left=np.array([1, -1, -1]),
        right=np.array([2, -1, -1]),
        value=np.array([0.0, 1.0, 2.0]),
        rows=np.array([10.0, 4.0, 6.0]),
    )


def test_a_row_goes_left_up_to_the_threshold() -> None:
    trees = Trees.joined([stump(null_goes_left=False)], offset=0.0)
    assert trees.total(np.array([[9.0, 0.5], [9.0, 0.51]])).tolist() == [1.0, 2.0]


@pytest.mark.parametrize(("null_goes_left", "total"), [(True, 1.0), (False, 2.0)])
def test_a_null_goes_where_the_tree_sends_nulls(null_goes_left: bool, total: float) -> None:  # noqa: FBT001
    trees = Trees.joined([stump(null_goes_left=null_goes_left)], offset=0.0)
    assert trees.total(np.array([[0.0, np.nan]])).tolist() == [total]


def test_trees_are_added_to_the_offset() -> None:
    trees = Trees.joined([stump(null_goes_left=True), stump(null_goes_left=False)], offset=0.25)
    assert trees.total(np.array([[0.0, np.nan]])).tolist() == [3.25]


def test_a_tree_of_one_leaf_says_the_same_of_everybody() -> None:
    leaf = Nodes(*(np.array([value]) for value in (-2, 0.0, False, -1, -1, 0.7, 5.0)))
    assert Trees.joined([leaf], offset=0.0).total(np.zeros((3, 1))).tolist() == [0.7] * 3


def test_no_rows_have_no_totals() -> None:
    assert Trees.joined([stump(null_goes_left=True)], offset=0.0).total(np.zeros((0, 2))).size == 0


def test_a_forest_votes_as_scikit_learn_does() -> None:
    matrix, target = drawn()
    reference, ours = a_forest(matrix, target)
    assert ours.total(matrix) == pytest.approx(reference.predict_proba(matrix)[:, 1], abs=1e-12)


@pytest.mark.parametrize("nulls", [0.0, 0.3])
def test_boosting_scores_as_scikit_learn_does_with_and_without_nulls(nulls: float) -> None:
    matrix, target = drawn(nulls=nulls)
    reference, ours = a_boosting(matrix, target)
    assert ours.total(matrix) == pytest.approx(reference.decision_function(matrix), abs=1e-12)


@given(st.integers(1, 399), st.integers(1, 400))
def test_a_row_scores_the_same_whoever_else_is_in_the_batch(start: int, size: int) -> None:
    matrix, trees = grown_once()
    batch = slice(start, start + size)
    assert np.array_equal(trees.total(matrix[batch]), trees.total(matrix)[batch])


@cache
def grown_once() -> tuple[Floats, Trees]:
    matrix, target = drawn()
    return matrix, a_boosting(matrix, target)[1]


def test_shap_values_add_up_with_and_without_nulls() -> None:
    for nulls in (0.0, 0.3):
        matrix, target = drawn(nulls=nulls)
        _, trees = a_boosting(matrix, target)
        assert trees.expected + trees.shap(matrix).sum(axis=1) == pytest.approx(trees.total(matrix), abs=1e-9)


def test_a_column_that_no_tree_splits_on_has_no_share() -> None:
    trees = Trees.joined([stump(null_goes_left=True)], offset=0.0)
    shares = trees.shap(np.array([[5.0, 0.0], [5.0, 1.0]]))
    assert trees.expected == pytest.approx(1.6)
    assert shares == pytest.approx(np.array([[0.0, -0.6], [0.0, 0.4]]))


def test_the_expected_total_is_the_mean_over_the_rows_that_grew_the_trees() -> None:
    matrix, target = drawn()
    _, trees = a_boosting(matrix, target)
    assert trees.expected == pytest.approx(trees.total(matrix).mean(), abs=1e-9)


def test_trees_survive_json_to_the_last_bit() -> None:
    matrix, target = drawn(nulls=0.2)
    _, trees = a_boosting(matrix, target)
    restored = Trees.from_json(trees.to_json())
    assert np.array_equal(restored.total(matrix), trees.total(matrix))
    assert restored.expected == trees.expected
