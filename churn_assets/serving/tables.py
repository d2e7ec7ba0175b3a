"""Contract of the prediction log, and the name of the export of served events."""

from dataclasses import replace

from churn_assets.contracts.contract import Column, Contract, Type, flag, integer, number, text, timestamp
from churn_assets.features.catalogue import CATALOGUE
from churn_assets.ingest.tables import DAY, USER_ID
from churn_assets.scoring.bands import BANDS

SERVED_EVENTS = "served_events"
"""The asset that writes what the API was sent to the landing folder."""
FEATURES = tuple(
    replace(feature.column, nullable=True, at_least=None, at_most=None, values=None) for feature in CATALOGUE.features
)
"""The declared features, without their rules: predictions of an older declaration lack some of them."""

PREDICTION_LOG = Contract(
    table="prediction_log",
    row="one prediction served by the API",
    partition="day",
    order=("inference_timestamp", "request_id", "user_id"),
    key=("request_id", "user_id"),
    columns=(
        DAY,
        text("request_id", "The request that it answered."),
        USER_ID,
        timestamp("as_of", "Cut-off of the prediction, data time: features see what lies before it."),
        timestamp("inference_timestamp", "When it was made, wall clock, UTC."),
        number("churn_probability", "Calibrated probability of leaving within the horizon.", at_least=0, at_most=1),
        flag("churn_pred", "Whether the probability reaches the threshold kept with the model."),
        text("risk_band", "Low, medium or high, by the settings' thresholds.", values=BANDS),
        text("model_version", "Version of the registered model `churn`."),
        text("fingerprint", "Declaration of the features that it was made from."),
        flag("at_risk", "Had an event within `CHURN_AT_RISK_DAYS` before the cut-off and had not cancelled."),
        flag("is_cold_start", "Whether so little is known of the listener that a prior was blended in."),
        number("knowledge", "Share of the model's own word in the probability.", at_least=0, at_most=1),
        integer("events", "Raw events that were sent.", at_least=1),
        Column("logs", Type.BYTES, "The raw events as they were sent, a JSON array."),
        *FEATURES,
    ),
)
