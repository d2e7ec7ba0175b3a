"""The model card: what a model is, what it was made from, how good it is beside the simplest rungs, where it fails.

After Mitchell et al. 2019, Model Cards for Model Reporting.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from churn_assets.training.evaluation import TARGETS, Evaluation
from churn_assets.training.examples import Examples
from churn_assets.training.metrics import METRICS, Measurement
from churn_assets.training.model import ChurnModel
from churn_assets.training.options import Target

SEGMENT_METRICS = ("roc_auc", "average_precision", "log_loss", "calibration_error")
PERSONAL = ("gender", "region")
FEW_CUTOFFS = 6
FEW_CHURNERS = 100
MOST_IMPORTANT = 10
OUTCOMES = {
    "churned": "has no event at all in the label window",
    "churned_or_cancelled": "has no event in the label window, or cancels in it",
}


@dataclass(frozen=True)
class Provenance:
    """Where a model comes from: code version, MLflow run, versions of its data by asset, and of libraries by name."""

    code_version: str
    run_id: str
    data_versions: Mapping[str, str]
    libraries: Sequence[str]
    command: str = "churn-assets run"


def model_card(
    model: ChurnModel,
    evaluation: Evaluation,
    *,
    training: Examples,
    rungs: Mapping[str, Evaluation],
    provenance: Provenance,
) -> str:
    """The card as Markdown; `rungs` are the evaluations of the simple rungs on the rows of `evaluation`.

    It names no listener.
    """
    sections = {
        f"Churn model: {model.rung}": _summary(model),
        "Trained on": _data(model, training),
        "How good it is": _metrics(evaluation, rungs),
        "By cut-off and segment": _segments(evaluation),
        "Calibration": _calibration(evaluation),
        "What it goes by": _importance(model, evaluation),
        "Limits and caveats": _caveats(model, evaluation, training),
        "Made with": _provenance(model, provenance),
    }
    titles = [("# " if number == 0 else "## ") + title for number, title in enumerate(sections)]
    bodies = ["\n".join(lines).rstrip() for lines in sections.values()]
    return "\n\n".join(f"{title}\n\n{body}" for title, body in zip(titles, bodies, strict=True)) + "\n"


def _summary(model: ChurnModel) -> Iterator[str]:
    yield (
        f"Tells the probability that an at-risk listener {OUTCOMES[model.target]} ({model.horizon_days} days from the "
        "cut-off). At risk: had an event within `CHURN_AT_RISK_DAYS` (30 by default) before the cut-off, and had not "
        "cancelled."
    )
    yield ""
    yield f"- Target: `{model.target}`; predicted from a probability of {model.threshold:.3f} on (best F1 out of fold)."
    yield f"- Meant for: ranking listeners for retention offers. Features: fingerprint `{model.schema.fingerprint}`."


def _data(model: ChurnModel, training: Examples) -> Iterator[str]:
    rows, listeners = len(training.target), training.frame["user_id"].nunique()
    yield f"- Cut-offs: {', '.join(map(str, model.trained_cutoffs))}; labels up to {model.last_label_day}."
    yield f"- {rows:,} rows of {listeners:,} listeners; base rate {training.target.mean():.1%}."
    yield f"- {len(model.selected)} of {len(model.schema.names)} declared features kept: {', '.join(model.selected)}."


def _metrics(evaluation: Evaluation, rungs: Mapping[str, Evaluation]) -> Iterator[str]:
    headline = evaluation.headline()
    others = {name: rung.headline(evaluation.target) for name, rung in rungs.items()}
    size = next(iter(headline.values()))
    cutoffs = ", ".join(map(str, evaluation.cutoffs))
    yield f"On {size.n:,} rows ({size.positives:,} positive) of the cut-offs {cutoffs}, which it never saw."
    yield "In brackets: 95 % bootstrap intervals that resample listeners."
    yield ""
    yield from _table(
        ["metric", f"**{evaluation.rung}**", *others],
        [[name, _shown(headline[name]), *(_shown(other[name]) for other in others.values())] for name in METRICS],
    )


def _segments(evaluation: Evaluation) -> Iterator[str]:
    for target in TARGETS:
        yield f"Target `{target}`:"
        yield ""
        yield from _table(["segment", "rows", "positive", *SEGMENT_METRICS], list(_segment_rows(evaluation, target)))
        yield ""


def _segment_rows(evaluation: Evaluation, target: Target) -> Iterator[list[str]]:
    segments: dict[str, dict[str, Measurement]] = {}
    for entry in evaluation.measurements:
        if entry.target == target:
            segments.setdefault(entry.segment, {})[entry.measurement.metric] = entry.measurement
    for name, measured in segments.items():
        size = measured["log_loss"]
        yield [name, f"{size.n:,}", f"{size.positives:,}", *(_shown(measured[metric]) for metric in SEGMENT_METRICS)]


def _calibration(evaluation: Evaluation) -> Iterator[str]:
    yield from _table(
        ["said", "happened", "rows"],
        [
            [f"{step.said:.1%}", f"{step.happened:.1%} [{step.low:.1%}, {step.high:.1%}]", f"{step.n:,}"]
            for step in evaluation.curves.calibration
        ],
    )


def _importance(model: ChurnModel, evaluation: Evaluation) -> Iterator[str]:
    yield "Mean size of the contribution (SHAP) in log-odds:"
    yield ""
    for name, strength in evaluation.importance[:MOST_IMPORTANT]:
        yield f"- `{name}` {strength:.3f}: {model.schema.descriptions[name]}"


def _caveats(model: ChurnModel, evaluation: Evaluation, training: Examples) -> Iterator[str]:
    yield "- Speaks of listeners who are at risk at a cut-off, not of visitors, nor of those who have gone already."
    if model.target == "churned":
        yield "- Who cancels inside the label window has an event in it, so is not `churned`: see the other table."
    yield "- Contributions say what it went by, not what causes leaving; the effect of offers needs a hold-out group."
    yield "- Rows of neighbouring cut-offs overlap in time; intervals resample listeners, not weeks, and know no trend."
    personal = [name for name in PERSONAL if name in model.selected]
    if personal:
        yield f"- Uses {' and '.join(personal)}: look at the segments before treating groups differently."
    if len(model.trained_cutoffs) < FEW_CUTOFFS:
        yield f"- Few training cut-offs ({len(model.trained_cutoffs)}): no season has been seen."
    churners = min(int(training.target.sum()), evaluation.headline()["log_loss"].positives)
    if churners < FEW_CHURNERS:
        yield f"- Only {churners} positives in training or test: the intervals are wide."


def _provenance(model: ChurnModel, provenance: Provenance) -> Iterator[str]:
    yield f"- Code version `{provenance.code_version}`, MLflow run `{provenance.run_id}`, seed {model.seed}."
    yield f"- Libraries: {', '.join(provenance.libraries)}."
    for asset, version in provenance.data_versions.items():
        yield f"- Data `{asset}`: `{version}`."
    yield f"- To reproduce: check out that code version, keep the data versions, and run `{provenance.command}`."


def _shown(measurement: Measurement) -> str:
    if measurement.value is None:
        return "undefined"
    interval = "" if measurement.low is None else f" [{measurement.low:.3f}, {measurement.high:.3f}]"
    return f"{measurement.value:.3f}{interval}"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield f"|{'---|' * len(header)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
