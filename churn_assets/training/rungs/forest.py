"""Random forest: many deep, decorrelated trees whose votes are averaged."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd

from churn_assets.features.schema import FeatureSchema
from churn_assets.training.arrays import Flags, Floats, Rows, logit
from churn_assets.training.encoding import Encoder
from churn_assets.training.rungs.trees import ONE_ENSEMBLE, Nodes, Trees, load_trees, save_trees

FILE = "forest.json"
NEAREST = 1e-4
"""The averaged vote is kept this far from 0 and 1, where log-odds would be infinite."""


@dataclass(frozen=True)
class FittedForest:
    """A forest with its encoder; the averaged vote is turned into log-odds."""

    trees: Trees
    encoder: Encoder

    @property
    def base_log_odds(self) -> float:
        """Log-odds of the vote that TreeSHAP expects."""
        return float(_log_odds(np.array([self.trees.expected]))[0])

    def log_odds(self, features: Rows) -> Floats:
        """Log-odds of the averaged vote."""
        return _log_odds(self.trees.total(_matrix(self.encoder, features)))

    def contributions(self, features: pd.DataFrame) -> pd.DataFrame:
        """TreeSHAP of the vote, stretched row by row by (change of log-odds) / (change of vote) so that sums hold."""
        shares = self.trees.shap(_matrix(self.encoder, features))
        stretch = _stretch(shares.sum(axis=1), self.trees.expected)
        return self.encoder.by_feature(shares * stretch[:, None], features.index)

    def save(self, folder: Path) -> None:
        """Write trees and encoder."""
        save_trees(self.trees, self.encoder, folder / FILE)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read trees and encoder."""
        return cls(*load_trees(folder / FILE))


@dataclass(frozen=True)
class Forest:
    """Class-weighted forest of bounded depth; big leaves because a listener's rows repeat each other."""

    threads: int = 2
    trees: int = 100
    depth: int = 8
    leaf_rows: int = 20
    sample: float = 0.5
    name: str = "forest"
    is_candidate: bool = True

    def inputs(self, selected: tuple[str, ...]) -> tuple[str, ...]:
        """Whatever selection kept."""
        return selected

    def fit(self, features: pd.DataFrame, target: Flags, *, schema: FeatureSchema, seed: int) -> FittedForest:
        """Learn the encoder and grow the trees, each on `sample` of the rows."""
        from sklearn.ensemble import RandomForestClassifier

        encoder = Encoder.learn(features, schema, "imputed")
        estimator = RandomForestClassifier(
            n_estimators=self.trees,
            max_depth=self.depth,
            min_samples_leaf=self.leaf_rows,
            max_samples=self.sample,
            class_weight="balanced",
            n_jobs=self.threads,
            random_state=seed,
        )
        matrix = _matrix(encoder, features)
        with ONE_ENSEMBLE:
            estimator.fit(matrix, target)
        return FittedForest(_trees(estimator), encoder)


def _matrix(encoder: Encoder, features: Rows) -> Floats:
    """The encoded columns in the single precision that the forest splits in."""
    return encoder.matrix(features).astype(np.float32).astype(np.float64)


def _trees(estimator: Any) -> Trees:
    """The forest's trees, each leaf holding its share of the averaged vote for churn."""
    return Trees.joined(
        (
            Nodes(
                column=tree.feature,
                threshold=tree.threshold,
                null_goes_left=np.zeros(tree.node_count, dtype=bool),
                left=tree.children_left,
                right=tree.children_right,
                value=tree.value[:, 0, 1] / len(estimator.estimators_),
                rows=tree.weighted_n_node_samples,
            )
            for tree in (grown.tree_ for grown in estimator.estimators_)
        ),
        offset=0.0,
    )


def _log_odds(vote: Floats) -> Floats:
    return logit(np.clip(vote, NEAREST, 1.0 - NEAREST))


def _stretch(change: Floats, expected: float) -> Floats:
    base = np.array([expected])
    slope_at_base = 1.0 / (expected * (1.0 - expected))
    moved = np.abs(change) > NEAREST * NEAREST
    safe = np.where(moved, change, 1.0)
    return np.where(moved, (_log_odds(expected + change) - _log_odds(base)) / safe, slope_at_base)
