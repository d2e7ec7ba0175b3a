import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from churn_assets.training.arrays import Flags, Floats, Integers, expit, logit
from churn_assets.training.calibration import (
    IsotonicCalibration,
    SigmoidCalibration,
    calibrate,
    calibration_from_json,
    fit_isotonic,
    fit_sigmoid,
    log_losses,
)


def drawn(count: int, *, seed: int = 3, bend: float = 0.0) -> tuple[Floats, Flags]:
    """Raw scores, and outcomes whose log-odds are 0.5 x raw - 1, plus a bend."""
    chance = np.random.default_rng(seed)
    raw = chance.normal(0.0, 2.0, count)
    log_odds = 0.5 * raw - 1.0 + bend * np.sin(2.0 * raw)
    return raw, chance.random(count) < expit(log_odds)


def folded(count: int) -> tuple[Integers, Integers]:
    """Three folds and a listener a row."""
    return np.arange(count) % 3, np.arange(count)


def test_the_sigmoid_finds_the_slope_and_intercept_that_made_the_outcomes() -> None:
    fitted = fit_sigmoid(*drawn(20_000))
    assert fitted.slope == pytest.approx(0.5, abs=0.03)
    assert fitted.intercept == pytest.approx(-1.0, abs=0.05)


def test_the_sigmoid_is_the_maximum_likelihood_that_a_logistic_regression_finds() -> None:
    raw, target = drawn(4_000)
    fitted = fit_sigmoid(raw, target)
    reference = LogisticRegression(C=1e9, tol=1e-10).fit(raw[:, None], target)
    assert fitted.slope == pytest.approx(reference.coef_[0, 0], abs=2e-3)
    assert fitted.intercept == pytest.approx(reference.intercept_[0], abs=2e-3)


def test_class_weights_that_shifted_the_scores_are_undone() -> None:
    raw, target = drawn(20_000)
    calibrated = fit_sigmoid(raw + 2.0, target).apply(raw + 2.0)
    assert calibrated.mean() == pytest.approx(target.mean(), abs=1e-3)


def test_a_constant_score_is_calibrated_to_the_base_rate() -> None:
    target = np.arange(1000) < 130
    calibrated = fit_sigmoid(np.full(1000, 0.7), target).apply(np.array([0.7]))
    assert calibrated[0] == pytest.approx(0.13, abs=2e-3)


def test_another_score_after_a_constant_one_gets_the_base_rate_too() -> None:
    fitted = fit_sigmoid(np.full(1000, 0.7), np.arange(1000) < 130)
    assert fitted.apply(np.array([-5.0, 0.71])) == pytest.approx([0.1307, 0.1307], abs=1e-3)


def test_a_score_that_ranks_backwards_gets_the_base_rate_and_is_not_turned_round() -> None:
    raw, target = drawn(5_000)
    fitted = fit_sigmoid(-raw, target)
    assert fitted.slope == 0.0
    assert fitted.apply(-raw) == pytest.approx(target.mean(), abs=1e-3)


def test_perfectly_separable_scores_do_not_become_certainties() -> None:
    raw = np.linspace(-3, 3, 40)
    calibrated = fit_sigmoid(raw, raw > 0).apply(raw)
    assert calibrated.min() > 1e-6
    assert calibrated.max() < 1 - 1e-6


def test_isotonic_follows_the_reference_where_steps_are_large() -> None:
    raw, target = drawn(30_000, bend=0.8)
    ours = fit_isotonic(raw, target).apply(raw)
    reference = IsotonicRegression(out_of_bounds="clip").fit(raw, target).predict(raw)
    assert np.mean(np.abs(ours - reference)) < 0.01


def test_a_few_lucky_rows_at_the_end_are_not_a_certainty() -> None:
    raw = np.arange(100.0)
    target = raw >= 97
    top = fit_isotonic(raw, target).apply(np.array([99.0]))[0]
    assert 0.2 < top < 0.6


def test_isotonic_is_flat_beyond_its_knots() -> None:
    fitted = fit_isotonic(*drawn(2_000))
    ends = fitted.apply(np.array([-1e9, -50.0, 50.0, 1e9]))
    assert ends[0] == ends[1]
    assert ends[2] == ends[3]


@given(
    seed=st.integers(0, 10_000),
    count=st.integers(6, 200),
    digits=st.integers(0, 3),
)
def test_calibration_never_turns_the_ranking_round_and_stays_inside_zero_and_one(
    seed: int, count: int, digits: int
) -> None:
    chance = np.random.default_rng(seed)
    raw, target = chance.normal(size=count).round(digits), chance.random(count) < 0.4
    target[:2] = (True, False)
    wide = np.sort(np.concatenate([raw, [-1e6, 1e6]]))
    for fitted in (fit_sigmoid(raw, target), fit_isotonic(raw, target)):
        calibrated = fitted.apply(wide)
        assert (np.diff(calibrated) >= 0).all()
        assert 0.0 < calibrated.min() <= calibrated.max() < 1.0


def test_isotonic_is_kept_where_many_listeners_show_a_bend() -> None:
    raw, target = drawn(9_000, bend=1.2)
    fold_of, listener_of = folded(len(raw))
    kept, _ = calibrate(raw, target, fold_of=fold_of, listener_of=listener_of)
    assert isinstance(kept, IsotonicCalibration)


def test_the_sigmoid_is_kept_where_it_is_right() -> None:
    raw, target = drawn(9_000)
    fold_of, listener_of = folded(len(raw))
    kept, _ = calibrate(raw, target, fold_of=fold_of, listener_of=listener_of)
    assert isinstance(kept, SigmoidCalibration)


def test_the_sigmoid_is_kept_where_few_listeners_repeat_the_bend() -> None:
    raw, target = drawn(9_000, bend=1.2)
    fold_of, _ = folded(len(raw))
    kept, _ = calibrate(raw, target, fold_of=fold_of, listener_of=np.arange(len(raw)) % 150)
    assert isinstance(kept, SigmoidCalibration)


def test_no_row_shapes_its_own_calibrated_probability() -> None:
    raw, target = drawn(300)
    fold_of, listener_of = folded(len(raw))
    _, before = calibrate(raw, target, fold_of=fold_of, listener_of=listener_of)
    flipped = np.where(fold_of == 1, ~target, target)
    _, after = calibrate(raw, flipped, fold_of=fold_of, listener_of=listener_of)
    assert np.array_equal(before[fold_of == 1], after[fold_of == 1])
    assert not np.array_equal(before[fold_of == 0], after[fold_of == 0])


@pytest.mark.parametrize("fit", [fit_sigmoid, fit_isotonic])
def test_a_calibration_survives_json_to_the_last_bit(fit: type) -> None:
    raw, target = drawn(500)
    fitted = fit(raw, target)
    restored = calibration_from_json(json.loads(json.dumps(fitted.to_json())))
    assert restored == fitted
    assert np.array_equal(restored.apply(raw), fitted.apply(raw))


def test_log_losses_are_the_negative_log_of_what_was_said_of_the_outcome() -> None:
    losses = log_losses(np.array([True, False]), np.array([0.8, 0.8]))
    assert losses == pytest.approx([-np.log(0.8), -np.log(0.2)])


@given(st.floats(-700, 700))
def test_log_odds_and_probabilities_are_inverse(log_odds: float) -> None:
    probability = expit(np.array([log_odds]))
    assert 0.0 <= probability[0] <= 1.0
    if abs(log_odds) < 30:
        assert logit(probability)[0] == pytest.approx(log_odds, rel=1e-3, abs=1e-9)
