"""The lowest rung: everybody has the same risk."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd

from churn_assets.features.schema import FeatureSchema
from churn_assets.training.arrays import Flags, Floats, Rows, logit

FILE = "base_rate.json"


@dataclass(frozen=True)
class FittedBaseRate:
    """One log-odds for every row."""

    base_log_odds: float

    def log_odds(self, features: Rows) -> Floats:
        """The same number, once a row."""
        return np.full(len(features), self.base_log_odds)

    def contributions(self, features: pd.DataFrame) -> pd.DataFrame:
        """No feature contributes: a frame without columns."""
        return pd.DataFrame(index=features.index)

    def save(self, folder: Path) -> None:
        """Write the number."""
        (folder / FILE).write_text(json.dumps(vars(self)))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the number."""
        return cls(**json.loads((folder / FILE).read_text()))


@dataclass(frozen=True)
class BaseRate:
    """The share of churners among the training rows, half a row added to either side so that it is never 0 or 1."""

    name: str = "base_rate"
    is_candidate: bool = False

    def inputs(self, selected: tuple[str, ...]) -> tuple[str, ...]:  # noqa: ARG002 — the protocol's signature
        """No feature at all."""
        return ()

    def fit(self, features: pd.DataFrame, target: Flags, *, schema: FeatureSchema, seed: int) -> FittedBaseRate:  # noqa: ARG002 — the protocol's signature
        """Count."""
        return FittedBaseRate(float(logit((target.sum() + 0.5) / (len(target) + 1.0))))
