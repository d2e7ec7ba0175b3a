"""The champion as it is served: the verified model, with all that can be worked out once a model."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from churn_assets.features.schema import FeatureSchema
from churn_assets.scoring.reasons import Wording
from churn_assets.serving.prior import Prior

if TYPE_CHECKING:
    import pandas as pd

    from churn_assets.registry.registry import LoadedModel
    from churn_assets.training.model import ChurnModel

MOST_REFERENCE_ROWS = 50_000
"""A prior needs no more rows than this; a large reference is thinned evenly."""


@dataclass(frozen=True)
class Champion:
    """A model that is ready to answer."""

    loaded: "LoadedModel"
    prior: Prior
    wording: Wording

    @classmethod
    def of(cls, loaded: "LoadedModel", schema: FeatureSchema) -> Self:
        """Make `loaded` ready for features declared as `schema`; FingerprintError if it was trained on others.

        Predicts and explains once, so that no request pays for what libraries load and compile at first use.
        """
        loaded.model.check(schema.fingerprint)
        reference = _thinned(loaded.artifact.reference())
        prior = Prior.of_reference(reference, loaded.model)
        wording = Wording(loaded.model.schema, loaded.artifact.typical)
        wording.reasons(reference.head(1), loaded.model.contributions(reference.head(1)))
        return cls(loaded, prior, wording)

    @property
    def model(self) -> "ChurnModel":
        """The model itself."""
        return self.loaded.model

    @property
    def version(self) -> str:
        """Its number in the registry."""
        return self.loaded.version.number

    @property
    def digest(self) -> str:
        """SHA-256 of its files."""
        return self.loaded.version.digest


def _thinned(reference: "pd.DataFrame") -> "pd.DataFrame":
    return reference.iloc[:: len(reference) // MOST_REFERENCE_ROWS + 1]
