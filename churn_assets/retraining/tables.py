"""Contract of the decisions to retrain."""

from churn_assets.contracts.contract import Contract, integer, text, timestamp

TRIGGERS = ("data_drift", "performance_drop", "novelty", "monthly_refresh", "asked_for")
RETRAINING_VERDICTS = ("retrain", "cool-down", "budget spent", "no cause")

RETRAINING_DECISION = Contract(
    table="retraining_decision",
    row="a decision whether to retrain: what set it off, what it saw, and what was decided",
    order=("number",),
    key=("number",),
    columns=(
        integer("number", "Number of the decision, from 1.", at_least=1),
        timestamp("decided_at", "Wall clock of the decision, UTC."),
        text("trigger", "What set it off.", values=TRIGGERS),
        text("cause", "Identity of the cause; each cause is decided on once."),
        timestamp("as_of", "Data clock of what was seen.", nullable=True),
        text("evidence", "What was seen, as JSON."),
        text("verdict", "What was decided.", values=RETRAINING_VERDICTS),
        text("reason", "Why, in one sentence."),
        text("dagster_run", "The Dagster run that carried it out or recorded it.", nullable=True),
        text("outcome", "What came of it, once known: promotion, refusal, failed.", nullable=True),
    ),
)
