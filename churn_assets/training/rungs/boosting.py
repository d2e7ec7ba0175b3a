"""Gradient boosting of histogram trees (scikit-learn), nulls read as they are.

The numbers are binned by our encoder: scikit-learn finds the bins of weighted rows thirty times slower.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd

from churn_assets.features.schema import FeatureSchema
from churn_assets.training.arrays import Flags, Floats, Rows
from churn_assets.training.encoding import Encoder
from churn_assets.training.rungs.trees import ONE_ENSEMBLE, Nodes, Trees, load_trees, save_trees

FILE = "boosting.json"


@dataclass(frozen=True)
class FittedBoosting:
    """Boosted trees with their encoder."""

    trees: Trees
    encoder: Encoder

    @property
    def base_log_odds(self) -> float:
        """Expected score of the training rows, as TreeSHAP counts it."""
        return self.trees.expected

    def log_odds(self, features: Rows) -> Floats:
        """Sum of the trees."""
        return self.trees.total(self.encoder.matrix(features))

    def contributions(self, features: pd.DataFrame) -> pd.DataFrame:
        """TreeSHAP, one-hot columns summed back to their feature."""
        return self.encoder.by_feature(self.trees.shap(self.encoder.matrix(features)), features.index)

    def save(self, folder: Path) -> None:
        """Write trees and encoder."""
        save_trees(self.trees, self.encoder, folder / FILE)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read trees and encoder."""
        return cls(*load_trees(folder / FILE))


@dataclass(frozen=True)
class Boosting:
    """Class-weighted boosting of a fixed size: nothing is held back for early stopping, time is too precious.

    Each split looks at the share `columns` of the columns.
    """

    rounds: int = 100
    leaves: int = 8
    columns: float = 0.3
    leaf_rows: int = 40
    learning_rate: float = 0.06
    penalty: float = 5.0
    name: str = "boosting"
    is_candidate: bool = True

    def inputs(self, selected: tuple[str, ...]) -> tuple[str, ...]:
        """Whatever selection kept."""
        return selected

    def fit(self, features: pd.DataFrame, target: Flags, *, schema: FeatureSchema, seed: int) -> FittedBoosting:
        """Learn the encoder and grow the trees."""
        from sklearn.ensemble import HistGradientBoostingClassifier

        encoder = Encoder.learn(features, schema, "binned")
        estimator = HistGradientBoostingClassifier(
            max_iter=self.rounds,
            max_leaf_nodes=self.leaves,
            min_samples_leaf=self.leaf_rows,
            learning_rate=self.learning_rate,
            l2_regularization=self.penalty,
            max_features=self.columns,
            class_weight="balanced",
            early_stopping=False,
            random_state=seed,
        )
        matrix = encoder.matrix(features)
        with ONE_ENSEMBLE:
            estimator.fit(matrix, target)
        return FittedBoosting(_trees(estimator), encoder)


def _trees(estimator: Any) -> Trees:
    """The boosted trees; scikit-learn offers no public way to them, so a test compares them with its predictions."""
    grown = [predictors[0].nodes for predictors in estimator._predictors]  # noqa: SLF001 — see above
    return Trees.joined(
        (
            Nodes(
                column=nodes["feature_idx"],
                threshold=nodes["num_threshold"],
                null_goes_left=nodes["missing_go_to_left"].astype(bool),
                left=np.where(nodes["is_leaf"], -1, nodes["left"].astype(np.int64)),
                right=np.where(nodes["is_leaf"], -1, nodes["right"].astype(np.int64)),
                value=nodes["value"],
                rows=nodes["count"].astype(np.float64),
            )
            for nodes in grown
        ),
        offset=float(np.ravel(estimator._baseline_prediction)[0]),  # noqa: SLF001 — see above
    )
