"""A sum of binary trees as plain arrays: read off scikit-learn's ensembles, kept as JSON, walked all at once.

scikit-learn's own predictors would have to be stored by skops with trusted private types, and cost 30 to 100 ms for one
listener; these cost a fraction of one and survive its next version.
"""

import json
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from threading import Lock
from typing import Any, Self

import numpy as np

from churn_assets.training.arrays import Flags, Floats, Integers
from churn_assets.training.encoding import Encoder
from churn_assets.training.rungs.tree_tables import Program, TooDeepError, tabulated_shap

MANY_ROWS = 4_000
"""From so many rows on, the tables of TreeSHAP cost less than the library's walks."""
ONE_ENSEMBLE = Lock()
"""Held while scikit-learn grows one: each hands the filters of warnings on to its threads, and two at the same time
would take each other's."""
CELLS = 200_000
"""Rows x trees that are walked at once: what stays in the processor's cache."""


@dataclass(frozen=True)
class Nodes:
    """The nodes of one tree: a row goes left if its value is at most the threshold, or null and `null_goes_left`.

    `left` and `right` are positions in the same tree, -1 at a leaf; `rows` counts the training rows that came by.
    """

    column: Integers
    threshold: Floats
    null_goes_left: Flags
    left: Integers
    right: Integers
    value: Floats
    rows: Floats


@dataclass(frozen=True)
class Trees:
    """Trees whose leaf values are added to `offset`; `starts` has the first node of each tree, and the end.

    Leaves lead to themselves, so that every row can take as many steps as the deepest tree has.
    """

    nodes: Nodes
    starts: Integers
    offset: float

    @classmethod
    def joined(cls, trees: Iterable[Nodes], *, offset: float) -> Self:
        """Lay the trees end to end."""
        listed = list(trees)
        starts = np.concatenate([[0], np.cumsum([len(tree.value) for tree in listed])])
        moved = [_at(tree, int(start)) for tree, start in zip(listed, starts, strict=False)]
        whole = Nodes(*(np.concatenate([getattr(tree, name) for tree in moved]) for name in Nodes.__annotations__))
        return cls(whole, starts.astype(np.int64), offset)

    def total(self, matrix: Floats) -> Floats:
        """Offset plus the sum of the leaves that each row (of encoded columns) falls into."""
        block = max(1, CELLS // max(1, len(self.starts) - 1))
        parts = [self._walked(matrix[start : start + block]) for start in range(0, len(matrix), block)]
        return np.concatenate(parts) if parts else np.zeros(0)

    def shap(self, matrix: Floats) -> Floats:
        """TreeSHAP along the trees' own paths (Lundberg et al. 2018): rows x columns, summing to total - `expected`.

        Of many rows by tables, which take seconds to make and then a few microseconds a row; both agree to 1e-12.
        """
        if len(matrix) >= MANY_ROWS and self._programs is not None:
            return tabulated_shap(self._programs, matrix)
        values = self._explainer.shap_values(matrix, check_additivity=False)
        return np.asarray(values, dtype=np.float64).reshape(matrix.shape)

    @cached_property
    def expected(self) -> float:
        """The mean total over the training rows, as TreeSHAP counts them."""
        return float(np.ravel(self._explainer.expected_value)[0])

    def to_json(self) -> dict[str, Any]:
        """Plain data that `from_json` reads back."""
        nodes = {name: getattr(self.nodes, name).tolist() for name in Nodes.__annotations__}
        return {"nodes": nodes, "starts": self.starts.tolist(), "offset": self.offset}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The trees that `to_json` described."""
        types = {"threshold": np.float64, "value": np.float64, "rows": np.float64, "null_goes_left": np.bool_}
        nodes: dict[str, Any] = {
            name: np.array(data["nodes"][name], types.get(name, np.int64)) for name in Nodes.__annotations__
        }
        return cls(Nodes(**nodes), np.array(data["starts"], np.int64), data["offset"])

    def _walked(self, rows: Floats) -> Floats:
        nodes, flat = self.nodes, rows.ravel()
        first_cell = (np.arange(len(rows)) * rows.shape[1])[:, None]
        at = np.tile(self.starts[:-1], (len(rows), 1))
        has_nulls = bool(np.isnan(flat).any())
        for _ in range(self._depth):
            value = flat[first_cell + nodes.column[at]]
            goes_left = value <= nodes.threshold[at]
            if has_nulls:
                goes_left |= np.isnan(value) & nodes.null_goes_left[at]
            at = np.where(goes_left, nodes.left[at], nodes.right[at])
        return np.asarray(self.offset + nodes.value[at].sum(axis=1), dtype=np.float64)

    @cached_property
    def _depth(self) -> int:
        """Steps from the roots to the deepest leaf."""
        front, steps = self.starts[:-1], 0
        while True:
            front = front[self.nodes.left[front] != front]
            if front.size == 0:
                return steps
            front, steps = np.concatenate([self.nodes.left[front], self.nodes.right[front]]), steps + 1

    @cached_property
    def _programs(self) -> "tuple[Program, ...] | None":
        """The tables of every tree; None where paths have too many columns for any."""
        try:
            return tuple(Program.of(_alone(self.nodes, start, end)) for start, end in pairwise(self.starts))
        except TooDeepError:
            return None

    @cached_property
    def _explainer(self) -> Any:
        described = [_described(_alone(self.nodes, start, end)) for start, end in pairwise(self.starts)]
        model = {
            "trees": described,
            "base_offset": self.offset,
            "tree_output": "raw_value",
            "objective": "binary_crossentropy",
            "input_dtype": np.float64,
            "internal_dtype": np.float64,
        }
        return _shap().TreeExplainer(model, feature_perturbation="tree_path_dependent")


def save_trees(trees: Trees, encoder: Encoder, file: Path) -> None:
    """Write trees and encoder as JSON."""
    file.write_text(json.dumps({"encoder": encoder.to_json(), "trees": trees.to_json()}))


def load_trees(file: Path) -> tuple[Trees, Encoder]:
    """The trees and encoder that `save_trees` wrote."""
    data = json.loads(file.read_text())
    return Trees.from_json(data["trees"]), Encoder.from_json(data["encoder"])


def _at(tree: Nodes, start: int) -> Nodes:
    """The tree with its first node at `start`; leaves lead to themselves."""
    own = np.arange(len(tree.value))
    is_leaf = tree.left < 0
    left, right = (np.where(is_leaf, own, child) + start for child in (tree.left, tree.right))
    column = np.where(is_leaf, 0, tree.column)
    return Nodes(column, tree.threshold, tree.null_goes_left, left, right, tree.value, tree.rows)


def _alone(nodes: Nodes, start: int, end: int) -> Nodes:
    """One tree out of all, whose children are positions in it and -1 at a leaf."""
    part = Nodes(*(getattr(nodes, name)[start:end] for name in Nodes.__annotations__))
    is_leaf = part.left == np.arange(start, end)
    left, right = (np.where(is_leaf, -1, child - start) for child in (part.left, part.right))
    return replace(part, left=left, right=right)


def _described(tree: Nodes) -> dict[str, Any]:
    """One tree in the words of shap."""
    is_leaf = tree.left < 0
    return {
        "children_left": tree.left,
        "children_right": tree.right,
        "children_default": np.where(tree.null_goes_left, tree.left, tree.right),
        "features": np.where(is_leaf, -1, tree.column),
        "thresholds": tree.threshold,
        "values": np.where(is_leaf, tree.value, 0.0)[:, None],
        "node_sample_weight": tree.rows,
    }


def _shap() -> Any:
    """The library; its plots, which nobody asked for, warn of what matplotlib will drop one day."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        import shap
    return shap
