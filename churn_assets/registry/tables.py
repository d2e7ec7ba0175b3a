"""Contracts of the tables about models."""

from churn_assets.contracts.contract import Contract, flag, integer, number, text, timestamp
from churn_assets.training.tables import MEASUREMENT, TARGET

VERSION = text("version", "Version of the registered model `churn`.")
RUNG = text("rung", "Rung of the ladder.")

CANDIDATE_MODELS = Contract(
    table="candidate_models",
    row="a rung of the ladder, fitted and calibrated on the training cut-offs",
    order=("log_loss", "rung"),
    key=("rung",),
    columns=(
        RUNG,
        flag("is_candidate", "Whether it may be promoted; the simple rungs are there to be beaten."),
        flag("is_chosen", "Whether it became the challenger: the best candidate by log-loss."),
        number("log_loss", "Mean out-of-fold log-loss after calibration, in nats.", at_least=0),
        number("base_rate", "Share of the training rows whose target happened.", at_least=0, at_most=1),
        integer("features", "Features it kept."),
        integer("rows", "Training rows.", at_least=1),
        integer("listeners", "Listeners among them.", at_least=1),
        integer("cutoffs", "Training cut-offs.", at_least=1),
    ),
)

CHALLENGER_MODEL = Contract(
    table="challenger_model",
    row="a metric of the challenger on its promotion test",
    order=("target", "segment", "metric"),
    key=("target", "segment", "metric"),
    columns=(VERSION, RUNG, TARGET, text("segment", "Which rows: all, a cut-off, a level, a device, …"), *MEASUREMENT),
)

CHAMPION_MODEL = Contract(
    table="champion_model",
    row="a decision about the champion: a promotion, a refusal or a rollback",
    order=("number",),
    key=("number",),
    columns=(
        integer("number", "Number of the decision, from 1.", at_least=1),
        text("kind", "What was decided.", values=("promotion", "refusal", "rollback")),
        VERSION,
        text("champion_before", "Champion before the decision.", nullable=True),
        timestamp("decided_at", "Wall clock of the decision, UTC."),
        text("reason", "Why, in one sentence."),
        text("evidence", "What the rule looked at, as JSON."),
        text("state", "Whether it was carried out.", values=("done", "pending", "abandoned")),
    ),
)
