"""Contract of the retention lists."""

from churn_assets.contracts.contract import Column, Contract, Type, integer, number, text, timestamp
from churn_assets.ingest.tables import USER_ID
from churn_assets.retention.arms import ARMS
from churn_assets.scoring.bands import BANDS

RETENTION_LIST = Contract(
    table="retention_list",
    row="a listener whom the list of a cut-off says to call, or to leave alone so that calling can be judged",
    partition="cutoff",
    order=("rank", "user_id"),
    key=("user_id",),
    columns=(
        timestamp("cutoff", "Cut-off (00:00 UTC) of the scores, the partition."),
        integer("rank", "Place on the list, the highest expected value first.", at_least=1),
        USER_ID,
        text("arm", "`call`, or `hold_out`: left alone on purpose, never called.", values=ARMS),
        number("churn_probability", "Calibrated probability of leaving within the horizon.", at_least=0, at_most=1),
        text("risk_band", "Low, medium or high, by the settings' thresholds.", values=BANDS),
        text("level", "Subscription level at the cut-off.", nullable=True),
        text("region", "State(s) of the latest location.", nullable=True),
        number("expected_value", "Money that a call is expected to bring, its cost paid.", at_least=0),
        number("value", "Money that the listener is worth if kept.", at_least=0),
        number("save_rate", "Share of those about to leave that a call was taken to keep.", at_least=0, at_most=1),
        number("cost", "Money that a call costs.", at_least=0),
        number("hold_out", "Share of the list that is left alone.", at_least=0, at_most=1),
        text("campaign", "The campaign: a listener stays in one arm of it."),
        Column("reasons", Type.TEXTS, "What moved the probability most, in words, the strongest first."),
        text("model_version", "Version of the registered model `churn` that scored."),
    ),
)
