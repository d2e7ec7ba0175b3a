import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from churn_assets.registry.card import Provenance, model_card
from churn_assets.registry.tracking import EXPERIMENT, Tracking
from churn_assets.registry.training_log import log_comparison, log_plots
from churn_assets.registry.training_run import training_run
from churn_assets.training.bootstrap import Resampling
from churn_assets.training.candidates import Comparison, Study, compare_candidates
from churn_assets.training.evaluation import Evaluation, evaluate
from churn_assets.training.options import TrainingOptions
from churn_assets.training.rungs.base_rate import BaseRate
from churn_assets_tests.registry.tiny import LOGISTIC, SCHEMA, listeners

TRAINED, TESTED = date(2026, 1, 5), date(2026, 3, 2)
PROVENANCE = Provenance("c0ffee", "run-1", {"training_set": "m-17"}, ["pandas 2.3"], "churn-assets run")


def rows(cutoff: date, seed: int) -> pd.DataFrame:
    return listeners(240, seed=seed).assign(cutoff=pd.Timestamp(cutoff), cancelled=False)


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    study = Study.of(rows(TRAINED, 1), SCHEMA, TrainingOptions(threads=1), cutoffs=[TRAINED])
    return compare_candidates([BaseRate(), LOGISTIC], study)


@pytest.fixture(scope="module")
def evaluations(comparison: Comparison) -> dict[str, Evaluation]:
    models = [candidate.model for candidate in comparison.ranking]
    test, few = rows(TESTED, 2), Resampling(replicates=40)
    return {model.rung: evaluate(model, test, resampling=few) for model in models}


@pytest.fixture(scope="module")
def card(comparison: Comparison, evaluations: dict[str, Evaluation]) -> str:
    return written(comparison, evaluations)


def written(comparison: Comparison, evaluations: dict[str, Evaluation]) -> str:
    simple = {name: judged for name, judged in evaluations.items() if name == "base_rate"}
    model, training = comparison.challenger.model, comparison.study.examples
    return model_card(model, evaluations["logistic"], training=training, rungs=simple, provenance=PROVENANCE)


def section(card: str, title: str) -> str:
    return card.split(f"## {title}\n")[1].split("\n## ", maxsplit=1)[0]


def columns(line: str) -> Sequence[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_card_says_what_the_model_tells_and_for_whom(card: str) -> None:
    assert card.startswith("# Churn model: logistic\n")
    assert "at-risk listener has no event at all in the label window (30 days from the cut-off)" in card
    assert "fingerprint `abc123`" in card


def test_the_card_says_what_it_was_trained_on(card: str) -> None:
    data = section(card, "Trained on")

    assert "Cut-offs: 2026-01-05; labels up to 2026-02-04." in data
    assert "240 rows of 240 listeners; base rate" in data
    assert "recency_days" in data


def test_every_metric_is_beside_the_simplest_rung_with_its_interval(
    card: str, evaluations: dict[str, Evaluation]
) -> None:
    lines = [columns(line) for line in section(card, "How good it is").splitlines() if line.startswith("|")]

    measured = evaluations["logistic"].headline()["log_loss"]
    table = {line[0]: line[1:] for line in lines}
    assert table["metric"] == ["**logistic**", "base_rate"]
    assert table["log_loss"][0] == f"{measured.value:.3f} [{measured.low:.3f}, {measured.high:.3f}]"
    assert len(lines) == 2 + len(evaluations["logistic"].headline())


def test_every_table_of_the_card_is_whole(card: str) -> None:
    for block in card.split("\n\n"):
        widths = {line.count("|") for line in block.splitlines() if line.startswith("|")}
        assert len(widths) <= 1, block


def test_segments_of_both_targets_are_shown(card: str) -> None:
    segments = section(card, "By cut-off and segment")

    assert "Target `churned`:" in segments
    assert "Target `churned_or_cancelled`:" in segments
    assert "| device=Mobile |" in segments


def test_the_caveats_follow_from_the_training(comparison: Comparison, evaluations: dict[str, Evaluation]) -> None:
    caveats = section(written(comparison, evaluations), "Limits and caveats")

    assert "Few training cut-offs (1)" in caveats
    assert "see the other table" in caveats
    assert "Uses" not in caveats


def test_the_card_says_how_to_make_it_again(card: str) -> None:
    made = section(card, "Made with")

    assert "`c0ffee`, MLflow run `run-1`, seed 7" in made
    assert "Data `training_set`: `m-17`" in made
    assert "run `churn-assets run`" in made


def test_neither_card_nor_evaluation_names_a_listener(card: str, evaluations: dict[str, Evaluation]) -> None:
    known = set(rows(TESTED, 2)["user_id"])
    told = f"{card} {json.dumps(evaluations['logistic'].to_json())}"

    assert evaluations["logistic"].misses
    assert not known & set(re.findall(r"[\w.]+", told))
    assert "user_id" not in told


def test_what_is_undefined_is_called_so(comparison: Comparison, evaluations: dict[str, Evaluation]) -> None:
    judged = evaluations["logistic"]
    nothing = tuple(
        replace(entry, measurement=replace(entry.measurement, value=None, low=None, high=None))
        for entry in judged.measurements
    )

    card = written(comparison, evaluations | {"logistic": replace(judged, measurements=nothing)})

    assert "| log_loss | undefined |" in card


def test_a_training_is_logged_as_a_parent_with_a_child_a_candidate(
    tracking: Tracking, comparison: Comparison, evaluations: dict[str, Evaluation]
) -> None:
    with training_run(tracking, "weekly", data_versions={}) as run:
        log_comparison(run, comparison, evaluations)
        log_plots(run, {"roc": b"png"})
    client = tracking.client()
    parent = client.get_run(run.run_id)
    children = client.search_runs([tracking.experiment_id(EXPERIMENT)], f"tags.mlflow.parentRunId = '{run.run_id}'")

    assert parent.data.params["target"] == "churned"
    assert {child.data.tags["churn.rung"] for child in children} == {"logistic", "base_rate"}
    best = next(child for child in children if child.data.metrics["rank"] == 1)
    assert best.data.params["rung"] == comparison.ranking[0].model.rung
    assert best.data.metrics["test_log_loss"] == evaluations[best.data.params["rung"]].headline()["log_loss"].value
    assert {"test_log_loss_low", "test_log_loss_high", "out_of_fold_log_loss"} <= set(best.data.metrics)
    assert {child.info.status for child in children} == {"FINISHED"}
