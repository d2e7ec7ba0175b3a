"""Contract of the decisions to retrain."""

from churn_assets.contracts.contract import Contract, integer, text, timestamp

DATA_DRIFT, PERFORMANCE_DROP, NOVELTY = "data_drift", "performance_drop", "novelty"
MONTHLY_REFRESH, ASKED_FOR = "monthly_refresh", "asked_for"
TRIGGERS = (DATA_DRIFT, PERFORMANCE_DROP, NOVELTY, MONTHLY_REFRESH, ASKED_FOR)
RETRAIN, COOL_DOWN, BUDGET_SPENT, NO_CAUSE = "retrain", "cool-down", "budget spent", "no cause"
RETRAINING_VERDICTS = (RETRAIN, COOL_DOWN, BUDGET_SPENT, NO_CAUSE)
PROMOTION, REFUSAL, FAILED = "promotion", "refusal", "failed"
OUTCOMES = (PROMOTION, REFUSAL, FAILED)

RETRAINING_DECISION = Contract(
    table="retraining_decision",
    row="a decision whether to retrain: what set it off, what it saw, what was decided, and what came of it",
    order=("number",),
    key=("number",),
    columns=(
        integer("number", "Number of the decision, from 1.", at_least=1),
        timestamp("decided_at", "Wall clock of the decision, UTC."),
        text("trigger", "What set it off.", values=TRIGGERS),
        text("cause", "Identity of the cause: trigger, champion, newest mature cut-off. Each is retrained for once."),
        text("champion", "Champion at the time, by version.", nullable=True),
        timestamp("newest_mature", "Newest cut-off whose labels could be learned from.", nullable=True),
        timestamp("as_of", "Data clock of what was seen.", nullable=True),
        text("evidence", "What was seen, as JSON."),
        text("verdict", "What was decided.", values=RETRAINING_VERDICTS),
        text("reason", "Why, in one sentence."),
        text("dagster_run", "The Dagster run that carried it out or recorded it.", nullable=True),
        text("mlflow_run", "The MLflow run of the training.", nullable=True),
        text("outcome", "What came of a retraining.", nullable=True, values=OUTCOMES),
        text("champion_after", "Champion after the retraining, by version.", nullable=True),
        text("explanation", "Why it ended so, in one sentence.", nullable=True),
    ),
)
