import numpy as np
import pandas as pd
import pytest

from churn_assets.features.schema import FeatureColumn, FeatureSchema
from churn_assets.training.arrays import Floats
from churn_assets.training.examples import Examples
from churn_assets.training.leaks import (
    already_gone,
    feature_leaks,
    find_leaks,
    model_leak,
    single_feature_auc,
)
from churn_assets.training.metrics import Measurement
from churn_assets_tests.training.listeners import SCHEMA, listeners_at, mondays

HONEST = Examples.of(listeners_at(mondays(4)), mondays(4), target="churned")


def planted(values: object, *, is_categorical: bool = False) -> tuple[Examples, FeatureSchema]:
    """The honest rows with one more feature."""
    schema = FeatureSchema((*SCHEMA.columns, FeatureColumn("planted", "?", is_categorical)), "f")
    return Examples(HONEST.frame.assign(planted=values), HONEST.target), schema


def noise(scale: float) -> Floats:
    """Normal noise, one value a row."""
    return np.random.default_rng(4).normal(0.0, scale, len(HONEST.target))


def test_honest_features_on_at_risk_listeners_raise_no_alarm() -> None:
    assert find_leaks(HONEST, SCHEMA, at_risk_days=30) == ()


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_feature_that_restates_the_outcome_is_found_in_either_direction(sign: float) -> None:
    (found,) = feature_leaks(*planted(sign * HONEST.target + noise(0.3)))
    assert (found.what, found.subject, found.limit) == ("feature", "planted", 0.9)
    assert found.value > 0.95
    assert "`planted` alone reaches AUC 0.9" in found.message


def test_a_feature_that_is_known_only_of_churners_is_found_by_its_nulls() -> None:
    (found,) = feature_leaks(*planted(np.where(HONEST.target, noise(1.0), np.nan)))
    assert found.subject == "planted"


def test_a_feature_that_tells_only_where_it_is_known_is_found_too() -> None:
    known = np.random.default_rng(2).random(len(HONEST.target)) < 0.5
    (found,) = feature_leaks(*planted(np.where(known, HONEST.target + noise(0.2), np.nan)))
    assert found.value > 0.95


def test_a_category_that_restates_the_outcome_is_found() -> None:
    (found,) = feature_leaks(*planted(np.where(HONEST.target, "gone", "here"), is_categorical=True))
    assert found.value > 0.95


def test_a_category_that_names_the_listener_cannot_vouch_for_itself() -> None:
    assert feature_leaks(*planted(HONEST.frame["user_id"], is_categorical=True)) == ()


def test_a_category_that_names_the_row_cannot_vouch_for_itself() -> None:
    rows = np.arange(len(HONEST.target)).astype(str).astype(object)
    assert feature_leaks(*planted(rows, is_categorical=True)) == ()


def test_a_strong_but_honest_feature_raises_no_alarm() -> None:
    assert feature_leaks(*planted(HONEST.target + noise(1.0))) == ()


def test_a_handful_of_rows_that_rank_perfectly_by_luck_raise_no_alarm() -> None:
    few = np.arange(100) < 6
    assert single_feature_auc(few.astype(float), few) == 0.5


def test_the_auc_of_one_feature_is_the_chance_that_a_churner_ranks_above_a_stayer() -> None:
    chance = np.random.default_rng(3)
    target, scores = np.arange(60) < 25, chance.integers(0, 10, 60).astype(float)
    above = np.mean([(a > b) + 0.5 * (a == b) for a in scores[target] for b in scores[~target]])
    assert single_feature_auc(scores, target) == pytest.approx(max(above, 1 - above))


def test_listeners_who_were_silent_for_longer_than_at_risk_are_found_with_their_share() -> None:
    frame = HONEST.frame.copy()
    frame.loc[:9, "recency_days"] = 45.0
    (found,) = already_gone(frame, at_risk_days=30)
    assert found.what == "already_gone"
    assert found.value == pytest.approx(10 / len(frame))
    assert f"10 of {len(frame)} rows" in found.message


def test_listeners_who_are_not_flagged_at_risk_are_found() -> None:
    frame = HONEST.frame.assign(at_risk=np.arange(len(HONEST.frame)) > 0)
    (found,) = already_gone(frame, at_risk_days=30)
    assert found.value == pytest.approx(1 / len(frame))


def test_everybody_seen_instead_of_at_risk_raises_the_alarm() -> None:
    seen = Examples.of(listeners_at(mondays(2)), mondays(2), target="churned", population="seen")
    assert {found.what for found in find_leaks(seen, SCHEMA, at_risk_days=30)} == {"already_gone"}


def test_a_population_without_recency_is_judged_by_its_flag() -> None:
    assert already_gone(pd.DataFrame({"at_risk": [True, True]}), at_risk_days=30) == ()


@pytest.mark.parametrize(("auc", "alarms"), [(0.951, 1), (0.95, 0), (0.73, 0), (None, 0)])
def test_a_model_is_alarming_above_its_limit_only(auc: float | None, alarms: int) -> None:
    measured = [Measurement("roc_auc", auc, None, None, 100, 20), Measurement("accuracy", 0.99, None, None, 100, 20)]
    found = model_leak("catboost", measured)
    assert len(found) == alarms
    assert all((leak.what, leak.subject, leak.limit) == ("model", "catboost", 0.95) for leak in found)
