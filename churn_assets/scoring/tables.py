"""Contracts of the scoring tables."""

from churn_assets.contracts.contract import Column, Contract, Type, flag, number, text, timestamp
from churn_assets.ingest.tables import USER_ID
from churn_assets.scoring.bands import BANDS

CHURN_SCORES = Contract(
    table="churn_scores",
    row="a listener at a cut-off, as the champion sees them",
    partition="cutoff",
    order=("user_id",),
    key=("user_id", "cutoff"),
    columns=(
        timestamp("cutoff", "Cut-off (00:00 UTC), the partition: features see what lies before it."),
        USER_ID,
        number("churn_probability", "Calibrated probability of leaving within the horizon.", at_least=0, at_most=1),
        flag("churn_pred", "Whether the probability reaches the threshold kept with the model."),
        text("risk_band", "Low, medium or high, by the settings' thresholds.", values=BANDS),
        Column("reasons", Type.TEXTS, "What moved the probability most, in words, the strongest first."),
        text("model_version", "Version of the registered model `churn`."),
        flag("at_risk", "Had an event within `CHURN_AT_RISK_DAYS` before the cut-off and had not cancelled."),
        timestamp("as_of", "Data clock when the score was made."),
        timestamp("inference_timestamp", "Wall clock when the score was made, UTC."),
    ),
)
