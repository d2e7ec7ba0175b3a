"""What is typical of every feature among the rows a model was trained on; small enough to travel with each model."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import pandas as pd

from churn_assets.features.schema import FeatureSchema


@dataclass(frozen=True)
class Typical:
    """Medians of numeric features (None: never known), shares of each category, and shares of unknown values."""

    medians: Mapping[str, float | None]
    shares: Mapping[str, Mapping[str, float]]
    unknown: Mapping[str, float]

    @classmethod
    def of(cls, reference: pd.DataFrame, schema: FeatureSchema) -> Self:
        """The typical values of the declared features among `reference` rows."""
        medians = reference[list(schema.numeric)].astype("float64").median()
        return cls(
            medians={name: None if pd.isna(medians[name]) else float(medians[name]) for name in schema.numeric},
            shares={
                name: {
                    str(level): float(share) for level, share in reference[name].value_counts(normalize=True).items()
                }
                for name in schema.categorical
            },
            unknown={name: float(reference[name].isna().mean()) for name in schema.names},
        )

    def to_json(self) -> dict[str, Any]:
        """Plain data that `from_json` reads back."""
        return {"medians": dict(self.medians), "shares": dict(self.shares), "unknown": dict(self.unknown)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The typical values that `to_json` described."""
        return cls(data["medians"], data["shares"], data["unknown"])
