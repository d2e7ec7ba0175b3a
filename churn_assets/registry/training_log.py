"""What a training writes to its MLflow runs: every candidate as a child, the judgement, and the pictures."""

import json
from collections.abc import Mapping

from churn_assets.registry.training_run import TrainingRun
from churn_assets.training.candidates import Candidate, Comparison
from churn_assets.training.evaluation import Evaluation
from churn_assets.training.model import ChurnModel


def log_comparison(run: TrainingRun, comparison: Comparison, evaluations: Mapping[str, Evaluation]) -> None:
    """One child run a candidate, the best first, with its evaluation on the test rows if there is one by its rung."""
    options = comparison.study.options
    run.params({**vars(options), "features_declared": len(comparison.study.schema.names)})
    run.text("selected_features.txt", "\n".join(comparison.study.selected))
    for rank, candidate in enumerate(comparison.ranking, start=1):
        with run.candidate(candidate.model.rung) as child:
            _log_candidate(child, candidate, rank)
            if candidate.model.rung in evaluations:
                log_evaluation(child, evaluations[candidate.model.rung])


def log_evaluation(run: TrainingRun, evaluation: Evaluation) -> None:
    """The metrics of everybody with their intervals, and the whole evaluation as an artefact."""
    values = {
        f"test_{name}{suffix}": value
        for name, measured in evaluation.headline().items()
        for suffix, value in (("", measured.value), ("_low", measured.low), ("_high", measured.high))
        if value is not None
    }
    run.metrics(values)
    run.text("evaluation.json", json.dumps(evaluation.to_json(), indent=1))


def log_plots(run: TrainingRun, plots: Mapping[str, bytes]) -> None:
    """PNG images by name."""
    for name, image in plots.items():
        run.file(f"plots/{name}.png", image)


def _log_candidate(run: TrainingRun, candidate: Candidate, rank: int) -> None:
    run.params(_params(candidate.model) | {"may_be_promoted": candidate.is_candidate})
    run.metrics({"out_of_fold_log_loss": candidate.log_loss, "rank": rank})


def _params(model: ChurnModel) -> dict[str, object]:
    return {
        "rung": model.rung,
        "features": len(model.selected),
        "calibration": model.calibration.to_json()["kind"],
        "threshold": model.threshold,
        "fingerprint": model.schema.fingerprint,
        "first_cutoff": min(model.trained_cutoffs),
        "last_cutoff": max(model.trained_cutoffs),
        "last_label_day": model.last_label_day,
        "target": model.target,
    }
