"""Scoring: features of listeners in, `churn_scores` out."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from churn_assets.contracts.contract import Type
from churn_assets.errors import ContractError
from churn_assets.features.schema import FeatureSchema
from churn_assets.scoring.bands import RiskBands
from churn_assets.scoring.reasons import Wording
from churn_assets.scoring.tables import CHURN_SCORES

if TYPE_CHECKING:
    import pandas as pd

    from churn_assets.registry.registry import LoadedModel

KEYS = ("user_id", "cutoff", "at_risk")


@dataclass(frozen=True)
class Moment:
    """When a score is made: `as_of` in data time, `inference_timestamp` in wall time; naive UTC."""

    as_of: datetime
    inference_timestamp: datetime


def score(
    frame: "pd.DataFrame", loaded: "LoadedModel", *, schema: FeatureSchema, bands: RiskBands, moment: Moment
) -> "pd.DataFrame":
    """Score every row of `frame` (`user_id`, `cutoff`, `at_risk` and the features declared as `schema`).

    Returns the columns of CHURN_SCORES, ordered by cut-off and listener. FingerprintError if the model was trained on
    another declaration; ContractError if a key column is missing.
    """
    import pandas as pd

    loaded.model.check(schema.fingerprint)
    missing = [name for name in KEYS if name not in frame.columns]
    if missing:
        message = f"The rows to score lack {', '.join(missing)}: pass user_features with the population's columns."
        raise ContractError(message)
    ordered = frame.sort_values(["cutoff", "user_id"], ignore_index=True)
    probability = loaded.model.predict(ordered)
    wording = Wording(loaded.model.schema, loaded.artifact.typical)
    scores = pd.DataFrame(
        {
            "cutoff": ordered["cutoff"],
            "user_id": ordered["user_id"],
            "churn_probability": probability,
            "churn_pred": probability >= loaded.model.threshold,
            "risk_band": bands.of(probability),
            "reasons": pd.Series(wording.reasons(ordered, loaded.model.contributions(ordered)), dtype=object),
            "model_version": loaded.version.number,
            "at_risk": ordered["at_risk"].astype(bool),
            "as_of": moment.as_of,
            "inference_timestamp": moment.inference_timestamp,
        }
    )
    return scores.astype({c.name: "datetime64[ms]" for c in CHURN_SCORES.columns if c.type == Type.TIMESTAMP})
