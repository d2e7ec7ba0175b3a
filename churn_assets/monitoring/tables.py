"""Contracts of the reports."""

from typing import Literal

from churn_assets.contracts.contract import Contract, flag, integer, number, text, timestamp
from churn_assets.ingest.tables import DAY

DRIFT, OK, NOT_ENOUGH_DATA = "drift", "ok", "not enough data"
DRIFT_VERDICTS = (DRIFT, OK, NOT_ENOUGH_DATA)
NOVEL = "novel"
NOVELTY_VERDICTS = (NOVEL, OK, NOT_ENOUGH_DATA)
UNSEEN_CATEGORY, OUTSIDE_RANGE, UNSEEN_LISTENERS = "unseen category", "outside training range", "unseen listeners"
DROP, REPLACED = "drop", "replaced"
REALISED: Literal["realised"] = "realised"
ESTIMATED: Literal["estimated"] = "estimated"
PERFORMANCE_VERDICTS = (DROP, OK, NOT_ENOUGH_DATA, REPLACED)
MODEL_VERSION = text("model_version", "Version of the registered model `churn`.")

DRIFT_REPORT = Contract(
    table="drift_report",
    row="a feature on a day: how far its last days lie from what the champion was trained on",
    partition="day",
    order=("feature",),
    key=("feature",),
    columns=(
        DAY,
        text("feature", "The declared feature."),
        text("kind", "Numeric or categorical.", values=("numeric", "categorical")),
        text("test", "What was measured.", values=("ks", "psi")),
        number("statistic", "The measured distance; null below the least rows.", nullable=True, at_least=0),
        number("p_value", "Chance of such a distance without drift.", nullable=True, at_least=0, at_most=1),
        number("adjusted_p_value", "The same, false-discovery controlled.", nullable=True, at_least=0, at_most=1),
        number("threshold", "Distance from which it may be drift.", at_least=0),
        integer("n_reference", "Listeners in the reference."),
        integer("n_window", "Listeners in the window."),
        flag(
            "is_calendar",
            "Whether it moves with the calendar alone, or grew with a young log: its drift is no cause to retrain.",
        ),
        text("verdict", "Drift only if distance and significance both say so.", values=DRIFT_VERDICTS),
        MODEL_VERSION,
    ),
)

NOVELTY_REPORT = Contract(
    table="novelty_report",
    row="something in a day's window that the champion never saw in training, and how much of it",
    partition="day",
    order=("kind", "feature", "value"),
    key=("kind", "feature", "value"),
    columns=(
        DAY,
        text("kind", "What is new.", values=(UNSEEN_CATEGORY, OUTSIDE_RANGE, UNSEEN_LISTENERS)),
        text("feature", "The declared feature; `user_id` for unseen listeners."),
        text("value", "The unseen category, `below` or `above` the range; `(any)` for all of a kind together."),
        integer("rows", "Listeners of the window concerned."),
        number("share", "Their share of the window.", at_least=0, at_most=1),
        number("low", "Least true share that chance allows, over all rows of the report.", at_least=0, at_most=1),
        number("threshold", "Share from which it is called novel.", at_least=0, at_most=1),
        integer("n_window", "Listeners in the window."),
        text("verdict", "Whether there is enough of it to matter.", values=NOVELTY_VERDICTS),
        MODEL_VERSION,
    ),
)

PERFORMANCE_REPORT = Contract(
    table="performance_report",
    row="a metric of a model version at a cut-off, as known on a day: realised once mature, estimated before",
    partition="day",
    order=("model_version", "cutoff", "target", "metric", "kind"),
    key=("model_version", "cutoff", "target", "metric", "kind"),
    columns=(
        DAY,
        MODEL_VERSION,
        timestamp("cutoff", "Cut-off of the scores."),
        text("target", "What was predicted.", values=("churned", "churned_or_cancelled")),
        text("metric", "The metric."),
        text(
            "kind",
            "Realised from labels, or estimated from the calibrated probabilities alone.",
            values=(REALISED, ESTIMATED),
        ),
        number("value", "The metric; null where the rows leave it undefined.", nullable=True),
        number("low", "Lower end of its 95 % interval.", nullable=True),
        number("high", "Upper end of its 95 % interval.", nullable=True),
        integer("n", "Listeners."),
        integer("positives", "Listeners whose target happened; null before they are known.", nullable=True),
        timestamp("matures_on", "Data clock from which the labels of the cut-off are known."),
        number("production", "The same metric on the version's promotion test.", nullable=True),
        number("production_low", "Lower end of its 95 % interval.", nullable=True),
        number("production_high", "Upper end of its 95 % interval.", nullable=True),
        number("estimator_error", "Estimated minus realised, once both are known.", nullable=True),
        flag(
            "is_estimate_off",
            "Whether the realised value lies outside the interval of the estimate; null before both are known.",
            nullable=True,
        ),
        number(
            "p_value",
            "Chance of a metric so much worse than production and than expected, had nothing changed; adjusted for all "
            "metrics and looks. Only of the realised metrics and cut-offs that the verdict looks at.",
            nullable=True,
            at_least=0,
            at_most=1,
        ),
        text(
            "verdict",
            "Whether the version got worse, beyond chance, over at least two cut-offs: the same on every row of it. "
            "`replaced`: another version has scored a later cut-off.",
            values=PERFORMANCE_VERDICTS,
        ),
    ),
)
