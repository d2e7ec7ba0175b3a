"""Logistic regression on scaled, null-flagged, one-hot features; kept as coefficients in JSON."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd

from churn_assets.features.schema import FeatureSchema
from churn_assets.training.arrays import Flags, Floats, Rows
from churn_assets.training.encoding import Encoder

FILE = "logistic.json"


@dataclass(frozen=True)
class FittedLogistic:
    """Coefficients of the encoded columns; `centre` holds the columns' training means, where contributions are 0."""

    encoder: Encoder
    coefficients: tuple[float, ...]
    intercept: float
    centre: tuple[float, ...]

    @property
    def base_log_odds(self) -> float:
        """Score of the average training row."""
        return float(self.intercept + np.dot(self.centre, self.coefficients))

    def log_odds(self, features: Rows) -> Floats:
        """The linear score of each row."""
        # A matrix product would add up in an order that depends on how many rows there are: a listener's score must
        # not depend on who else is scored, to the last bit.
        terms = np.ascontiguousarray(self.encoder.matrix(features)) * np.array(self.coefficients)
        return np.asarray(self.intercept + terms.sum(axis=1), dtype=np.float64)

    def contributions(self, features: pd.DataFrame) -> pd.DataFrame:
        """Coefficient x distance from the average: the exact SHAP value of a linear score (Lundberg & Lee 2017)."""
        distances = self.encoder.matrix(features) - np.array(self.centre)
        return self.encoder.by_feature(distances * np.array(self.coefficients), features.index)

    def save(self, folder: Path) -> None:
        """Write encoder and coefficients."""
        (folder / FILE).write_text(json.dumps(vars(self) | {"encoder": self.encoder.to_json()}))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read encoder and coefficients."""
        data = json.loads((folder / FILE).read_text())
        encoder = Encoder.from_json(data["encoder"])
        return cls(encoder, tuple(data["coefficients"]), data["intercept"], tuple(data["centre"]))


@dataclass(frozen=True)
class Logistic:
    """L2-penalised, class-weighted; `strength` is scikit-learn's C, small as a listener's rows repeat each other."""

    strength: float = 0.05
    name: str = "logistic"
    is_candidate: bool = True

    def inputs(self, selected: tuple[str, ...]) -> tuple[str, ...]:
        """Whatever selection kept."""
        return selected

    def fit(self, features: pd.DataFrame, target: Flags, *, schema: FeatureSchema, seed: int) -> FittedLogistic:  # noqa: ARG002 — the protocol's signature
        """Learn encoder and coefficients."""
        from sklearn.linear_model import LogisticRegression

        encoder = Encoder.learn(features, schema, "linear")
        matrix = encoder.matrix(features)
        fitted = LogisticRegression(C=self.strength, class_weight="balanced", max_iter=1000).fit(matrix, target)
        coefficients = tuple(float(weight) for weight in fitted.coef_[0])
        centre = tuple(float(mean) for mean in matrix.mean(axis=0))
        return FittedLogistic(encoder, coefficients, float(fitted.intercept_[0]), centre)
