"""Contracts of the training tables."""

from churn_assets.contracts.contract import Contract, flag, integer, number, text
from churn_assets.features.catalogue import CATALOGUE
from churn_assets.features.tables import CUTOFF
from churn_assets.ingest.tables import USER_ID

TRAINING_SET = Contract(
    table="training_set",
    row="a listener at a mature cut-off: features, label and population",
    order=("cutoff", "user_id"),
    key=("cutoff", "user_id"),
    columns=(
        CUTOFF,
        USER_ID,
        flag("at_risk", "Had an event lately and has not cancelled since."),
        flag("churned", "No event at all in the label window."),
        flag("cancelled", "Reached `Cancellation Confirmation` in the label window."),
        *(feature.column for feature in CATALOGUE.features),
    ),
)

TARGET = text("target", "What is predicted.", values=("churned", "churned_or_cancelled"))
MEASUREMENT = (
    text("metric", "Metric."),
    number("value", "Its value; null where it is undefined.", nullable=True),
    number("low", "Lower end of the 95 % interval, resampling listeners.", nullable=True),
    number("high", "Upper end of the 95 % interval.", nullable=True),
    integer("n", "Rows it was measured on."),
    integer("positives", "Rows of them whose target happened."),
)

MODEL_BACKTEST = Contract(
    table="model_backtest",
    row="a metric of a rung of the ladder, tested at a cut-off it could not have seen",
    order=("cutoff", "rung", "target", "metric"),
    key=("cutoff", "rung", "target", "metric"),
    columns=(text("rung", "Rung of the ladder."), CUTOFF, TARGET, *MEASUREMENT),
)
