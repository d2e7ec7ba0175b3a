"""What a rung of the ladder is: something that learns raw log-odds of churn, and something that has learnt them."""

from pathlib import Path
from typing import Protocol, Self

import pandas as pd

from churn_assets.features.schema import FeatureSchema
from churn_assets.training.arrays import Flags, Floats, Rows


class FittedRung(Protocol):
    """A fitted estimator with its encoding; it reads the columns it was fitted on, in any order, and ignores others."""

    @property
    def base_log_odds(self) -> float:
        """The raw score that contributions start from."""

    def log_odds(self, features: Rows) -> Floats:
        """Raw, uncalibrated log-odds of churn, one a row."""

    def contributions(self, features: pd.DataFrame) -> pd.DataFrame:
        """What each fitted feature adds to `base_log_odds`, in log-odds: index of `features`, a column a feature."""

    def save(self, folder: Path) -> None:
        """Write everything `load` needs into `folder`, in native formats, never pickle."""

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The fitted rung that `save` wrote into `folder`."""


class Rung(Protocol):
    """One way to predict churn, before it has seen data."""

    @property
    def name(self) -> str:
        """Name of the rung in tables, file names and the registry."""

    @property
    def is_candidate(self) -> bool:
        """Whether it may become the challenger; the simple rungs only set the bar."""

    def inputs(self, selected: tuple[str, ...]) -> tuple[str, ...]:
        """The features it fits on, given those that selection kept."""

    def fit(self, features: pd.DataFrame, target: Flags, *, schema: FeatureSchema, seed: int) -> FittedRung:
        """Learn from `features` (only the columns of `inputs`, described by `schema`) and `target`, one flag a row."""
