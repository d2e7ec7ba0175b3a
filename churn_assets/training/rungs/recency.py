"""Recency alone: the longer a listener has been silent, the higher the risk, and nothing else."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd

from churn_assets.features.schema import FeatureSchema
from churn_assets.training.arrays import Flags, Floats, Rows, numbers
from churn_assets.training.calibration import fit_isotonic

FEATURE = "recency_days"
FILE = "recency.json"


@dataclass(frozen=True)
class FittedRecency:
    """Log-odds that never fall with the days of silence: linear between knots, flat beyond."""

    days: tuple[float, ...]
    risk_log_odds: tuple[float, ...]
    base_log_odds: float

    def log_odds(self, features: Rows) -> Floats:
        """Risk of each row's days of silence; a null counts as the longest silence known."""
        silent_days = np.nan_to_num(numbers(features[FEATURE]), nan=self.days[-1])
        return np.interp(silent_days, self.days, self.risk_log_odds)

    def contributions(self, features: pd.DataFrame) -> pd.DataFrame:
        """The whole of the score belongs to the one feature."""
        return pd.DataFrame({FEATURE: self.log_odds(features) - self.base_log_odds}, index=features.index)

    def save(self, folder: Path) -> None:
        """Write the knots."""
        (folder / FILE).write_text(json.dumps(vars(self)))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the knots."""
        data = json.loads((folder / FILE).read_text())
        return cls(tuple(data["days"]), tuple(data["risk_log_odds"]), data["base_log_odds"])


@dataclass(frozen=True)
class Recency:
    """Isotonic regression of the target on `recency_days`."""

    name: str = "recency"
    is_candidate: bool = False

    def inputs(self, selected: tuple[str, ...]) -> tuple[str, ...]:  # noqa: ARG002 — the protocol's signature
        """Days of silence, whatever selection kept."""
        return (FEATURE,)

    def fit(self, features: pd.DataFrame, target: Flags, *, schema: FeatureSchema, seed: int) -> FittedRecency:  # noqa: ARG002 — the protocol's signature
        """Learn how risk rises with silence."""
        days = numbers(features[FEATURE])
        known = ~np.isnan(days)
        curve = fit_isotonic(days[known], target[known])
        risk = np.interp(days[known], curve.raw_knots, curve.log_odds_knots)
        return FittedRecency(curve.raw_knots, curve.log_odds_knots, float(risk.mean()))
