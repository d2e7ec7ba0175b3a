"""The whole of a challenger's training, from the split to the evidence, on listeners whose truth is known."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest

from churn_assets.training.arrays import Floats
from churn_assets.training.bootstrap import Interval, Resampling, paired_log_loss_difference
from churn_assets.training.calibration import log_losses
from churn_assets.training.candidates import Comparison, Study, compare_candidates, fit_candidate
from churn_assets.training.evaluation import evaluate
from churn_assets.training.examples import Examples
from churn_assets.training.leaks import find_leaks, model_leak
from churn_assets.training.rungs.logistic import Logistic
from churn_assets.training.split import Split, promotion_split
from churn_assets_tests.training.listeners import OPTIONS, SCHEMA, landed, listeners_at, mondays, small_ladder

RESAMPLING = Resampling(replicates=200, seed=3)


@pytest.fixture(scope="module")
def many() -> pd.DataFrame:
    """500 listeners at nine weekly cut-offs."""
    return listeners_at(mondays(9), listeners=500, seed=21)


@pytest.fixture(scope="module")
def split() -> Split:
    """The newest two cut-offs held out."""
    return promotion_split(mondays(9), landed(), holdout=2)


@pytest.fixture(scope="module")
def compared(many: pd.DataFrame, split: Split) -> Comparison:
    """Every rung on the training cut-offs."""
    return compare_candidates(small_ladder(), Study.of(many, SCHEMA, OPTIONS, cutoffs=split.training))


@pytest.fixture(scope="module")
def held_out(many: pd.DataFrame, split: Split) -> Examples:
    """The rows of the held-out cut-offs."""
    return Examples.of(many, split.test, target="churned")


@pytest.fixture(scope="module")
def predicted(compared: Comparison, held_out: Examples) -> Mapping[str, Floats]:
    """What every rung says of the held-out rows."""
    return {candidate.model.rung: candidate.model.predict(held_out.frame) for candidate in compared.ranking}


def difference(held_out: Examples, first: Floats, second: Floats) -> Interval:
    """The paired difference on the held-out rows."""
    return paired_log_loss_difference(
        held_out.target, first, second, listener_of=held_out.listener_of, resampling=RESAMPLING
    )


@pytest.mark.parametrize("simple", ["base_rate", "recency", "bgnbd"])
def test_the_challenger_beats_every_simple_rung_on_the_same_rows(
    simple: str, compared: Comparison, held_out: Examples, predicted: Mapping[str, Floats]
) -> None:
    found = difference(held_out, predicted[compared.challenger.model.rung], predicted[simple])
    assert found.high is not None
    assert found.high < 0


def test_the_difference_turns_its_sign_with_its_sides(held_out: Examples, predicted: Mapping[str, Floats]) -> None:
    forth = difference(held_out, predicted["logistic"], predicted["recency"])
    back = difference(held_out, predicted["recency"], predicted["logistic"])
    assert forth.low is not None
    assert back.high == pytest.approx(-forth.low, abs=1e-9)


def test_out_of_fold_losses_foretell_the_held_out_ones(
    compared: Comparison, held_out: Examples, predicted: Mapping[str, Floats]
) -> None:
    for candidate in compared.ranking:
        loss = log_losses(held_out.target, predicted[candidate.model.rung]).mean()
        assert loss == pytest.approx(candidate.log_loss, abs=0.05), candidate.model.rung


def test_calibrated_probabilities_add_up_to_the_churners_that_come(
    held_out: Examples, predicted: Mapping[str, Floats]
) -> None:
    for rung, probability in predicted.items():
        assert probability.sum() == pytest.approx(held_out.target.sum(), rel=0.25), rung


def test_the_held_out_cutoffs_lie_after_everything_that_the_models_saw(compared: Comparison, split: Split) -> None:
    for candidate in compared.ranking:
        assert candidate.model.last_label_day <= min(split.test)


def test_honest_rows_and_an_honest_model_raise_no_alarm(compared: Comparison, held_out: Examples) -> None:
    judged = evaluate(compared.challenger.model, held_out.frame, resampling=RESAMPLING)
    assert find_leaks(compared.study.examples, SCHEMA, at_risk_days=30) == ()
    assert model_leak(judged.rung, judged.headline().values()) == ()


def test_a_model_that_was_fed_the_outcome_is_caught_by_feature_and_by_score(many: pd.DataFrame, split: Split) -> None:
    chance = np.random.default_rng(1)
    fed = many.assign(noise=np.where(many["churned"], 1.0, 0.0) + chance.normal(0.0, 0.2, len(many)))
    study = Study.of(fed, SCHEMA, OPTIONS, cutoffs=split.training)
    test = fed[fed["cutoff"].isin(pd.to_datetime(list(split.test)))]
    judged = evaluate(fit_candidate(Logistic(), study).model, test, resampling=RESAMPLING)
    assert [leak.subject for leak in find_leaks(study.examples, SCHEMA, at_risk_days=30)] == ["noise"]
    assert [leak.subject for leak in model_leak(judged.rung, judged.headline().values())] == ["logistic"]


def test_a_model_explains_a_leaver_by_silence_and_a_bad_mood(compared: Comparison, held_out: Examples) -> None:
    model = next(candidate.model for candidate in compared.ranking if candidate.model.rung == "catboost")
    contributions = model.contributions(held_out.frame)
    ranked = contributions.iloc[np.argsort(-model.predict(held_out.frame))]
    riskiest, safest = ranked.head(30), ranked.tail(30)
    for name in ("recency_days", "thumbs_up_share"):
        assert riskiest[name].mean() > 0 > safest[name].mean()
