from itertools import combinations
from math import factorial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_assets.training.arrays import Floats
from churn_assets.training.rungs import tree_tables, trees
from churn_assets.training.rungs.tree_tables import MOST_BITS, Program, TooDeepError, Tree, tabulated_shap
from churn_assets.training.rungs.trees import Nodes, Trees
from churn_assets_tests.training.test_trees import a_boosting, a_forest, drawn, stump

COLUMNS = 4


def grown(seed: int, splits: int) -> Nodes:
    """A random tree of so many splits on few columns, so that paths ask the same column again."""
    chance = np.random.default_rng(seed)
    column, left, right, rows = [0], [-1], [-1], [1_000.0]
    for _ in range(splits):
        leaf = int(chance.choice([n for n, child in enumerate(left) if child < 0]))
        column[leaf] = int(chance.integers(COLUMNS))
        share = chance.uniform(0.05, 0.95)
        left[leaf], right[leaf] = len(left), len(left) + 1
        column, left, right = [*column, 0, 0], [*left, -1, -1], [*right, -1, -1]
        rows += [rows[leaf] * share, rows[leaf] * (1.0 - share)]
    size = len(left)
    return Nodes(
        column=np.array(column),
        threshold=chance.normal(size=size),
        null_goes_left=chance.random(size) < 0.5,
        left=np.array(left),
        right=np.array(right),
        value=chance.normal(size=size),
        rows=np.array(rows),
    )


def expected(tree: Nodes, row: Floats, known: frozenset[int], node: int = 0) -> float:
    """What the tree says on average if only the columns `known` are: the game that TreeSHAP is about."""
    left, right = int(tree.left[node]), int(tree.right[node])
    if left < 0:
        return float(tree.value[node])
    column = int(tree.column[node])
    if column in known:
        is_null = np.isnan(row[column])
        goes_left = tree.null_goes_left[node] if is_null else row[column] <= tree.threshold[node]
        return expected(tree, row, known, left if goes_left else right)
    parts = [tree.rows[child] * expected(tree, row, known, child) for child in (left, right)]
    return float(sum(parts) / tree.rows[node])


def shapley(tree: Nodes, row: Floats) -> list[float]:
    """Shapley's values by their definition, over every coalition."""
    shares = []
    for column in range(COLUMNS):
        others = [other for other in range(COLUMNS) if other != column]
        share = 0.0
        for size in range(COLUMNS):
            weight = factorial(size) * factorial(COLUMNS - size - 1) / factorial(COLUMNS)
            for joined in map(frozenset, combinations(others, size)):
                share += weight * (expected(tree, row, joined | {column}) - expected(tree, row, joined))
        shares.append(share)
    return shares


@given(st.integers(0, 10_000), st.integers(1, 14))
def test_tables_give_shapleys_values_by_definition(seed: int, splits: int) -> None:
    tree, chance = grown(seed, splits), np.random.default_rng(seed)
    matrix = chance.normal(size=(3, COLUMNS))
    matrix[chance.random(matrix.shape) < 0.2] = np.nan
    ours = tabulated_shap([Program.of(tree)], matrix)
    assert ours == pytest.approx(np.array([shapley(tree, row) for row in matrix]), abs=1e-12)


@given(st.integers(0, 10_000), st.integers(0, 60))
def test_every_leaf_is_in_one_block_and_no_block_has_too_many_bits(seed: int, splits: int) -> None:
    blocks = list(Tree(grown(seed, splits)).blocks())
    assert all(len(block.bits) <= MOST_BITS for block in blocks)
    assert all(block.table.shape == (len(block.columns), 1 << len(block.bits)) for block in blocks)


@pytest.mark.parametrize("grow", [a_forest, a_boosting])
@pytest.mark.parametrize("nulls", [0.0, 0.3])
def test_tables_agree_with_the_library(grow: object, nulls: float) -> None:
    matrix, target = drawn(nulls=0.0 if grow is a_forest else nulls)
    _, ours = grow(matrix, target)  # type: ignore[operator]
    assert ours._programs is not None
    assert tabulated_shap(ours._programs, matrix) == pytest.approx(ours.shap(matrix), abs=1e-12)


def test_many_rows_are_looked_up_and_few_are_walked(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix, target = drawn()
    _, few = a_boosting(matrix, target)
    _, many = a_boosting(matrix, target)
    walked = few.shap(matrix)
    monkeypatch.setattr(trees, "MANY_ROWS", len(matrix))
    assert many.shap(matrix) == pytest.approx(walked, abs=1e-12)
    assert ("_programs" in vars(many), "_explainer" in vars(many)) == (True, False)
    assert ("_programs" in vars(few), "_explainer" in vars(few)) == (False, True)


def test_rows_beyond_one_stretch_are_looked_up_too() -> None:
    matrix = np.random.default_rng(1).normal(size=(2 * tree_tables.ROWS_AT_ONCE + 3, COLUMNS))
    programs = [Program.of(grown(3, 6)), Program.of(grown(4, 6))]
    whole = tabulated_shap(programs, matrix)
    assert np.array_equal(whole, np.vstack([tabulated_shap(programs, part) for part in np.array_split(matrix, 7)]))


def test_a_tree_of_one_leaf_adds_nothing() -> None:
    assert tabulated_shap([Program.of(grown(1, 0))], np.zeros((2, COLUMNS))).tolist() == [[0.0] * COLUMNS] * 2


def test_a_stump_gives_its_column_the_distance_from_the_mean() -> None:
    shares = tabulated_shap([Program.of(stump(null_goes_left=True))], np.array([[5.0, 0.0], [5.0, np.nan], [5.0, 1.0]]))
    assert shares == pytest.approx(np.array([[0.0, -0.6], [0.0, -0.6], [0.0, 0.4]]))


def chain(columns: int) -> Nodes:
    """A tree that asks one column after the other, and ends wherever the answer is no."""
    size = 2 * columns + 1
    is_split = np.arange(size) % 2 == 0
    is_split[-1] = False
    return Nodes(
        column=np.where(is_split, np.arange(size) // 2, 0),
        threshold=np.zeros(size),
        null_goes_left=np.zeros(size, dtype=bool),
        left=np.where(is_split, np.arange(size) + 1, -1),
        right=np.where(is_split, np.arange(size) + 2, -1),
        value=np.arange(size, dtype=np.float64),
        rows=np.array([2.0 ** (columns - n // 2 - (n % 2)) for n in range(size)]),
    )


def test_a_path_of_too_many_columns_is_refused_and_left_to_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    deep, columns = chain(MOST_BITS + 1), MOST_BITS + 1
    with pytest.raises(TooDeepError):
        Program.of(deep)
    matrix = np.random.default_rng(2).normal(size=(5, columns))
    monkeypatch.setattr(trees, "MANY_ROWS", 1)
    ours = Trees.joined([deep], offset=0.0)
    assert ours.shap(matrix).sum(axis=1) + ours.expected == pytest.approx(ours.total(matrix))
