from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from churn_assets.errors import TrainingError
from churn_assets.training.candidates import Candidate, Comparison, Study, compare_candidates, fit_candidate
from churn_assets.training.examples import outcome
from churn_assets.training.metrics import best_f1_threshold
from churn_assets.training.rungs.base_rate import BaseRate
from churn_assets.training.rungs.logistic import Logistic
from churn_assets.training.rungs.recency import Recency
from churn_assets_tests.training.listeners import OPTIONS, SCHEMA, listeners_at, mondays


def test_a_study_holds_only_the_at_risk_rows_of_its_cutoffs(study: Study, frame: pd.DataFrame) -> None:
    wanted = frame[frame["cutoff"].isin(pd.to_datetime(mondays(3))) & frame["at_risk"]]
    assert len(study.examples.frame) == len(wanted)
    assert study.examples.cutoffs == tuple(mondays(3))


def test_features_are_selected_once_a_fold_and_once_on_all_rows(study: Study) -> None:
    assert len(study.selected_without) == OPTIONS.folds
    assert "thumbs_up_share" in study.selected
    for selected in (*study.selected_without, study.selected):
        assert "constant" not in selected
        assert "freq_30d_twin" not in selected


def test_selection_without_a_fold_does_not_know_the_labels_of_that_fold(frame: pd.DataFrame, study: Study) -> None:
    labels = study.examples.frame[["user_id", "cutoff"]].assign(fold=study.fold_of)
    merged = frame.merge(labels, how="left", on=["user_id", "cutoff"])
    chance = np.random.default_rng(1)
    redrawn = merged["churned"].where(merged["fold"] != 0, chance.permutation(merged["churned"].to_numpy()))
    other = replace(study, examples=replace(study.examples, target=relabelled(study, redrawn, merged)))
    assert fit_candidate(Recency(), other).out_of_fold.target.sum() > 0
    assert np.array_equal(raw_of_fold(study, fold=0), raw_of_fold(other, fold=0))


def relabelled(study: Study, labels: pd.Series, merged: pd.DataFrame) -> np.ndarray:
    """The study's target with other labels."""
    by_row = merged.assign(label=labels).set_index(["cutoff", "user_id"])["label"]
    keys = pd.MultiIndex.from_frame(study.examples.frame[["cutoff", "user_id"]])
    return by_row.loc[keys].to_numpy(dtype=bool)


def raw_of_fold(study: Study, *, fold: int) -> np.ndarray:
    """What a logistic regression fitted without a fold says of its rows."""
    rows, names = study.fold_of != fold, study.selected_without[fold]
    features = study.examples.frame.loc[rows, list(names)]
    fitted = Logistic().fit(features, study.examples.target[rows], schema=SCHEMA.only(names), seed=1)
    return fitted.log_odds(study.examples.frame[~rows])


def test_every_rung_is_ranked_by_its_out_of_fold_log_loss(comparison: Comparison) -> None:
    losses = [candidate.log_loss for candidate in comparison.ranking]
    assert len(losses) == 7
    assert losses == sorted(losses)


def test_the_challenger_is_the_best_that_is_no_simple_rung(comparison: Comparison) -> None:
    eligible = [candidate for candidate in comparison.ranking if candidate.is_candidate]
    assert comparison.challenger is eligible[0]
    assert comparison.challenger.model.rung in {"logistic", "forest", "boosting", "catboost"}


def test_a_simple_rung_is_never_the_challenger_even_alone(study: Study) -> None:
    alone = compare_candidates([BaseRate(), Recency()], study)
    with pytest.raises(TrainingError, match="Only simple rungs were compared"):
        _ = alone.challenger


def test_out_of_fold_probabilities_are_calibrated_on_average(candidates: Mapping[str, Candidate]) -> None:
    for candidate in candidates.values():
        said = candidate.out_of_fold
        assert said.probability.mean() == pytest.approx(said.target.mean(), abs=0.02), candidate.model.rung


def test_a_model_that_learns_beats_the_base_rate_out_of_fold(candidates: Mapping[str, Candidate]) -> None:
    for rung in ("recency", "logistic", "boosting", "catboost"):
        assert candidates[rung].log_loss < candidates["base_rate"].log_loss


def test_the_base_rate_is_as_uncertain_as_the_outcome(candidates: Mapping[str, Candidate]) -> None:
    share = candidates["base_rate"].out_of_fold.target.mean()
    entropy = -(share * np.log(share) + (1 - share) * np.log(1 - share))
    assert candidates["base_rate"].log_loss == pytest.approx(entropy, abs=0.005)


def test_the_threshold_is_that_of_the_best_f1_out_of_fold(candidates: Mapping[str, Candidate]) -> None:
    for candidate in candidates.values():
        said = candidate.out_of_fold
        assert candidate.model.threshold == best_f1_threshold(said.probability, said.target)


def test_a_model_knows_what_it_was_trained_on(candidates: Mapping[str, Candidate], study: Study) -> None:
    model = candidates["logistic"].model
    assert model.trained_cutoffs == tuple(mondays(3))
    assert model.selected == study.selected
    assert (model.target, model.horizon_days, model.seed) == ("churned", 30, 7)
    assert candidates["recency"].model.selected == ("recency_days",)


def test_the_same_seed_trains_the_same_model_whatever_the_order_of_the_rows(frame: pd.DataFrame) -> None:
    shuffled = frame.sample(frac=1.0, random_state=5)
    first, second = (
        fit_candidate(Logistic(), Study.of(rows, SCHEMA, OPTIONS, cutoffs=mondays(2))) for rows in (frame, shuffled)
    )
    assert first.model == second.model
    assert np.array_equal(first.out_of_fold.probability, second.out_of_fold.probability)


def test_rows_of_later_cutoffs_change_nothing(frame: pd.DataFrame) -> None:
    later = frame["cutoff"] > pd.Timestamp(mondays(2)[-1])
    spoilt = frame.assign(churned=frame["churned"] ^ later, recency_days=frame["recency_days"].mask(later, 0.0))
    first, second = (
        fit_candidate(Logistic(), Study.of(rows, SCHEMA, OPTIONS, cutoffs=mondays(2))) for rows in (frame, spoilt)
    )
    assert first.model == second.model


def test_cancellations_count_where_the_options_say_so(frame: pd.DataFrame) -> None:
    options = replace(OPTIONS, target="churned_or_cancelled")
    study = Study.of(frame, SCHEMA, options, cutoffs=mondays(2))
    assert np.array_equal(study.examples.target, outcome(study.examples.frame, "churned_or_cancelled"))
    assert fit_candidate(Recency(), study).model.target == "churned_or_cancelled"


def test_a_cutoff_without_churners_cannot_be_trained_on() -> None:
    rows = listeners_at(mondays(1)).assign(churned=False)
    with pytest.raises(TrainingError, match="0 listeners with a positive outcome"):
        Study.of(rows, SCHEMA, OPTIONS, cutoffs=mondays(1))


def test_a_cutoff_without_rows_cannot_be_trained_on(frame: pd.DataFrame) -> None:
    with pytest.raises(TrainingError, match="2030-01-07"):
        Study.of(frame, SCHEMA, OPTIONS, cutoffs=[date(2030, 1, 7)])
