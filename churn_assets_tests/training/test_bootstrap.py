import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_assets.training.bootstrap import Interval, Resampling, paired_log_loss_difference
from churn_assets.training.calibration import log_losses
from churn_assets.training.metrics import Forecast


@given(st.integers(1, 40), st.integers(1, 30), st.integers(0, 99))
def test_every_replicate_draws_as_many_listeners_as_there_are(listeners: int, replicates: int, seed: int) -> None:
    counts = Resampling(replicates=replicates, seed=seed).counts(listeners)
    assert counts.shape == (replicates, listeners)
    assert (counts.sum(axis=1) == listeners).all()


def test_draws_have_the_mean_and_variance_of_sampling_with_replacement() -> None:
    counts = Resampling(replicates=2000, seed=4).counts(50)
    assert counts.mean() == 1.0
    assert counts.var() == pytest.approx(1 - 1 / 50, abs=0.02)


def test_the_same_seed_draws_the_same_and_another_seed_differs() -> None:
    assert np.array_equal(Resampling(seed=1).counts(20), Resampling(seed=1).counts(20))
    assert not np.array_equal(Resampling(seed=1).counts(20), Resampling(seed=2).counts(20))


def test_the_interval_is_made_of_percentiles() -> None:
    interval = Resampling().interval(0.5, np.linspace(0.0, 1.0, 101))
    assert interval == Interval(0.5, pytest.approx(0.025), pytest.approx(0.975))


def test_the_interval_of_a_distance_is_turned_round_its_value_and_never_below_zero() -> None:
    interval = Resampling().interval(0.02, np.linspace(0.02, 0.05, 101), is_distance=True)
    assert interval.low == 0.0
    assert interval.high == pytest.approx(0.04 - 0.02075)


def test_an_undefined_value_has_no_interval_either() -> None:
    assert Resampling().interval(float("nan"), np.ones(10)) == Interval(None, None, None)


def test_a_value_that_most_replicates_leave_undefined_has_no_interval() -> None:
    replicated = np.array([0.5, 0.6, *[np.nan] * 8])
    assert Resampling().interval(0.5, replicated) == Interval(0.5, None, None)


def clustered_share(chance: np.random.Generator) -> Forecast:
    """Listeners with four rows each that mostly agree, so that rows are worth less than they seem."""
    leaning = chance.random(60) < 0.3
    target = np.repeat(leaning, 4) ^ (chance.random(240) < 0.05)
    return Forecast(np.full(240, 0.3), target, np.repeat(np.arange(60), 4), 0.5)


def test_intervals_cover_the_truth_about_as_often_as_they_say_though_rows_are_clustered() -> None:
    truth = 0.3 * 0.95 + 0.7 * 0.05
    expected_brier = truth * 0.49 + (1 - truth) * 0.09
    chance, covered = np.random.default_rng(11), 0
    for seed in range(120):
        measured = clustered_share(chance).measure(Resampling(replicates=200, seed=seed))
        brier = next(entry for entry in measured if entry.metric == "brier")
        assert brier.low is not None
        assert brier.high is not None
        covered += brier.low <= expected_brier <= brier.high
    assert 0.86 <= covered / 120 <= 0.99


def test_the_calibration_error_of_a_calibrated_forecast_is_compatible_with_zero() -> None:
    chance = np.random.default_rng(5)
    reaches_zero = 0
    for seed in range(40):
        probability = chance.beta(1, 5, 800)
        forecast = Forecast(probability, chance.random(800) < probability, np.arange(800), 0.5)
        measured = forecast.measure(Resampling(replicates=120, seed=seed))
        error = next(entry for entry in measured if entry.metric == "calibration_error")
        assert error.low is not None
        reaches_zero += error.low < 0.01
    assert reaches_zero >= 30


def test_the_better_forecast_has_a_difference_below_zero() -> None:
    chance = np.random.default_rng(2)
    truth = chance.beta(1, 3, 2000)
    target = chance.random(2000) < truth
    interval = paired_log_loss_difference(
        target, truth, np.full(2000, 0.25), listener_of=np.arange(2000) // 2, resampling=Resampling()
    )
    assert interval.value == pytest.approx((log_losses(target, truth) - log_losses(target, np.full(2000, 0.25))).mean())
    assert interval.high is not None
    assert interval.high < 0


def test_a_forecast_does_not_differ_from_itself() -> None:
    probability = np.linspace(0.1, 0.9, 50)
    interval = paired_log_loss_difference(
        probability > 0.5, probability, probability, listener_of=np.arange(50), resampling=Resampling()
    )
    assert interval == Interval(0.0, 0.0, 0.0)


def test_two_forecasts_that_are_equally_good_are_rarely_told_apart() -> None:
    chance, told_apart = np.random.default_rng(8), 0
    for seed in range(100):
        truth = chance.beta(2, 5, 600)
        target = chance.random(600) < truth
        first, second = (np.clip(truth + chance.normal(0, 0.03, 600), 0.01, 0.99) for _ in range(2))
        interval = paired_log_loss_difference(
            target, first, second, listener_of=np.arange(600), resampling=Resampling(replicates=200, seed=seed)
        )
        told_apart += excludes_zero(interval)
    assert told_apart <= 10


def test_pairing_resamples_listeners_and_not_rows() -> None:
    chance = np.random.default_rng(9)
    target = np.repeat(chance.random(40) < 0.5, 10)
    first, second = np.full(400, 0.4), np.repeat(chance.uniform(0.3, 0.6, 40), 10)
    by_listener, by_row = (
        paired_log_loss_difference(target, first, second, listener_of=codes, resampling=Resampling())
        for codes in (np.repeat(np.arange(40), 10), np.arange(400))
    )
    assert width(by_listener) > 2 * width(by_row)


def width(interval: Interval) -> float:
    assert interval.low is not None
    assert interval.high is not None
    return interval.high - interval.low


def excludes_zero(interval: Interval) -> bool:
    assert interval.low is not None
    assert interval.high is not None
    return interval.low > 0 or interval.high < 0
