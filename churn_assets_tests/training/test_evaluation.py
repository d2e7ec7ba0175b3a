import json
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest

from churn_assets.errors import TrainingError
from churn_assets.training.bootstrap import Resampling
from churn_assets.training.candidates import Candidate
from churn_assets.training.evaluation import LEAST_SEGMENT_ROWS, TARGETS, Evaluation, evaluate
from churn_assets.training.examples import Examples
from churn_assets.training.metrics import METRICS
from churn_assets_tests.training.listeners import mondays

FEW = Resampling(replicates=40, seed=2)
TEST_CUTOFFS = mondays(9)[-2:]


@pytest.fixture(scope="module")
def held_out(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of the two held-out cut-offs, at risk or not."""
    return frame[frame["cutoff"].isin(pd.to_datetime(TEST_CUTOFFS))]


@pytest.fixture(scope="module")
def evaluation(candidates: Mapping[str, Candidate], held_out: pd.DataFrame) -> Evaluation:
    """A logistic model on the held-out cut-offs."""
    return evaluate(candidates["logistic"].model, held_out, resampling=FEW)


def test_every_metric_is_measured_for_both_targets(evaluation: Evaluation) -> None:
    for target in TARGETS:
        assert tuple(evaluation.headline(target)) == METRICS
    assert evaluation.headline() == evaluation.headline("churned")


def test_cancellations_are_further_positives(evaluation: Evaluation) -> None:
    churned, with_cancelled = (evaluation.headline(target)["brier"].positives for target in TARGETS)
    assert churned < with_cancelled


def test_only_at_risk_listeners_are_judged(evaluation: Evaluation, held_out: pd.DataFrame) -> None:
    assert evaluation.headline()["log_loss"].n == int(held_out["at_risk"].sum()) < len(held_out)


def test_metrics_are_told_apart_by_cutoff_and_segment(evaluation: Evaluation) -> None:
    segments = set(evaluation.table()["segment"])
    assert {"all", *(f"cutoff={cutoff}" for cutoff in TEST_CUTOFFS)} <= segments
    assert {"current_level=free", "current_level=paid", "device=Mobile", "device=(none)"} <= segments
    assert {"account_age_group=new", "account_age_group=old"} <= segments


@pytest.mark.parametrize("name", ["cutoff", "current_level", "device", "account_age_group"])
def test_the_parts_of_a_segment_add_up_to_everybody(evaluation: Evaluation, name: str) -> None:
    table = evaluation.table().query("metric == 'brier' and target == 'churned'").set_index("segment")
    parts = table[table.index.str.startswith(f"{name}=")]
    assert parts["n"].sum() == table.loc["all", "n"]
    weighted = (parts["value"] * parts["n"]).sum() / parts["n"].sum()
    assert weighted == pytest.approx(table.loc["all", "value"])


def test_a_segment_of_a_few_rows_is_left_out(candidates: Mapping[str, Candidate], held_out: pd.DataFrame) -> None:
    rare = held_out["device"].where(np.arange(len(held_out)) >= LEAST_SEGMENT_ROWS - 1, "Fridge")
    judged = evaluate(candidates["recency"].model, held_out.assign(device=rare), resampling=FEW)
    assert "device=Fridge" not in set(judged.table()["segment"])


def test_a_model_is_not_judged_on_a_cutoff_whose_labels_it_may_have_seen(
    candidates: Mapping[str, Candidate], frame: pd.DataFrame
) -> None:
    with pytest.raises(TrainingError, match=r"saw labels up to 2026-03-18, so it cannot be judged .* 2026-03-16"):
        evaluate(candidates["logistic"].model, frame[frame["cutoff"] >= "2026-03-16"], resampling=FEW)


def test_a_cutoff_on_the_last_label_day_is_judged(candidates: Mapping[str, Candidate], frame: pd.DataFrame) -> None:
    rows = frame[frame["cutoff"] == "2026-03-23"].assign(cutoff=pd.Timestamp("2026-03-18"))
    assert evaluate(candidates["logistic"].model, rows, resampling=FEW).cutoffs[0].isoformat() == "2026-03-18"


def test_features_are_ranked_by_what_they_add(evaluation: Evaluation, candidates: Mapping[str, Candidate]) -> None:
    strengths = [value for _, value in evaluation.importance]
    assert strengths == sorted(strengths, reverse=True)
    assert {name for name, _ in evaluation.importance} == set(candidates["logistic"].model.selected)


def test_a_model_without_features_has_no_importance(
    candidates: Mapping[str, Candidate], held_out: pd.DataFrame
) -> None:
    judged = evaluate(candidates["base_rate"].model, held_out, resampling=FEW)
    assert judged.importance == ()
    assert all(miss.reasons == () for miss in judged.misses)


def test_the_worst_misses_of_either_kind_come_with_their_reasons(evaluation: Evaluation) -> None:
    missed = [miss for miss in evaluation.misses if miss.has_churned]
    false_alarms = [miss for miss in evaluation.misses if not miss.has_churned]
    assert len(missed) == len(false_alarms) == 10
    assert max(miss.probability for miss in missed) < min(miss.probability for miss in false_alarms)
    assert all(len(miss.reasons) == 3 for miss in evaluation.misses)


def test_misses_are_the_worst_and_name_a_listener_once_an_outcome(
    evaluation: Evaluation, candidates: Mapping[str, Candidate], held_out: pd.DataFrame
) -> None:
    examples = Examples.of(held_out, TEST_CUTOFFS, target="churned")
    probability = candidates["logistic"].model.predict(examples.frame)
    missed = [miss for miss in evaluation.misses if miss.has_churned]
    assert missed[0].probability == pytest.approx(probability[examples.target].min())
    assert missed[0].log_loss == pytest.approx(-np.log(missed[0].probability))
    churners = examples.frame[examples.target].assign(said=probability[examples.target])
    listed = churners[churners["said"].isin([miss.probability for miss in missed])]
    assert listed["user_id"].nunique() == len(missed)


def test_an_evaluation_survives_json(evaluation: Evaluation) -> None:
    assert Evaluation.from_json(json.loads(json.dumps(evaluation.to_json(), allow_nan=False))) == evaluation


def test_the_same_seed_judges_the_same(
    evaluation: Evaluation, candidates: Mapping[str, Candidate], held_out: pd.DataFrame
) -> None:
    shuffled = held_out.sample(frac=1.0, random_state=3)
    assert evaluate(candidates["logistic"].model, shuffled, resampling=FEW) == evaluation
