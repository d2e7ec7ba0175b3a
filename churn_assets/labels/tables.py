"""Contracts of the label tables."""

from churn_assets.contracts.contract import Contract, flag, timestamp
from churn_assets.features.tables import CUTOFF
from churn_assets.ingest.tables import USER_ID

POPULATION = Contract(
    table="population",
    row="a listener seen in the lookback of a cut-off, and whether they can still be saved",
    partition="cutoff",
    order=("user_id",),
    key=("user_id",),
    columns=(
        CUTOFF,
        USER_ID,
        timestamp("last_ts", "Last event before the cut-off."),
        flag("is_cancelled", "Whether that event was a `Cancellation Confirmation`: already gone."),
        flag("at_risk", "Had an event lately and has not cancelled since."),
    ),
)

CHURN_LABELS = Contract(
    table="churn_labels",
    row="a listener at a mature cut-off, and whether they left",
    partition="cutoff",
    order=("user_id",),
    key=("user_id",),
    columns=(
        CUTOFF,
        USER_ID,
        flag("at_risk", "Had an event lately and has not cancelled since."),
        flag("churned", "No event at all in the label window."),
        flag("cancelled", "Reached `Cancellation Confirmation` in the label window."),
    ),
)
