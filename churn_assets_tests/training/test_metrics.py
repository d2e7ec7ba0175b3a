import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from churn_assets.training.arrays import Floats
from churn_assets.training.bootstrap import Resampling
from churn_assets.training.metrics import METRICS, Forecast, Measurement, Ranking, best_f1_threshold

FEW = Resampling(replicates=60, seed=1)


def drawn(count: int, *, seed: int = 1, digits: int = 6) -> Forecast:
    """A calibrated forecast with a listener for every two rows; few digits make ties."""
    chance = np.random.default_rng(seed)
    probability = chance.beta(1.0, 4.0, count).round(digits).clip(0.01, 0.99)
    target = chance.random(count) < probability
    target[:2] = (True, False)
    return Forecast(probability, target, np.arange(count) // 2, threshold=0.3)


def values(forecast: Forecast, weights: Floats | None = None) -> dict[str, float]:
    """Every metric under one weighting of the rows."""
    ranking = Ranking.of(forecast)
    given_weights = np.ones(len(forecast.target)) if weights is None else weights
    return {name: float(value[0]) for name, value in ranking.metrics(given_weights[ranking.order][None, :]).items()}


def measured(forecast: Forecast, resampling: Resampling = FEW) -> dict[str, Measurement]:
    """Every measurement by metric."""
    return {entry.metric: entry for entry in forecast.measure(resampling)}


@settings(max_examples=60)
@given(seed=st.integers(0, 10_000), count=st.integers(4, 150), digits=st.integers(1, 6))
def test_weighted_metrics_agree_with_scikit_learn(seed: int, count: int, digits: int) -> None:
    forecast = drawn(count, seed=seed, digits=digits)
    weights = np.random.default_rng(seed).integers(0, 4, count).astype(float)
    weights[:2] = 1.0
    ours = values(forecast, weights)
    y, p, called = forecast.target, forecast.probability, forecast.probability >= forecast.threshold
    assert ours["roc_auc"] == pytest.approx(reference.roc_auc_score(y, p, sample_weight=weights))
    assert ours["average_precision"] == pytest.approx(reference.average_precision_score(y, p, sample_weight=weights))
    assert ours["accuracy"] == pytest.approx(reference.accuracy_score(y, called, sample_weight=weights))
    assert ours["log_loss"] == pytest.approx(reference.log_loss(y, p, sample_weight=weights))
    assert ours["brier"] == pytest.approx(reference.brier_score_loss(y, p, sample_weight=weights))
    assert ours["f1"] == pytest.approx(reference.f1_score(y, called, sample_weight=weights, zero_division=0.0))


@given(seed=st.integers(0, 10_000), count=st.integers(4, 60))
def test_a_weight_of_two_is_the_same_as_the_row_twice(seed: int, count: int) -> None:
    forecast = drawn(count, seed=seed, digits=2)
    times = np.random.default_rng(seed).integers(1, 4, count)
    repeated = Forecast(
        np.repeat(forecast.probability, times), np.repeat(forecast.target, times), np.arange(times.sum()), 0.3
    )
    ours, theirs = values(forecast, times.astype(float)), values(repeated)
    for metric in set(METRICS) - {"calibration_error"}:
        assert ours[metric] == pytest.approx(theirs[metric]), metric


@given(seed=st.integers(0, 10_000), count=st.integers(4, 60), digits=st.integers(1, 4))
def test_the_order_of_rows_changes_no_metric(seed: int, count: int, digits: int) -> None:
    forecast = drawn(count, seed=seed, digits=digits)
    order = np.random.default_rng(seed + 1).permutation(count)
    shuffled = Forecast(
        forecast.probability[order], forecast.target[order], forecast.listener_of[order], forecast.threshold
    )
    assert values(shuffled) == pytest.approx(values(forecast))


def test_a_perfect_ranking_finds_everyone_in_the_top_ten_percent() -> None:
    probability = np.linspace(0.01, 0.99, 100)
    found = values(Forecast(probability, probability > 0.9, np.arange(100), 0.9))
    assert found["roc_auc"] == 1.0
    assert found["recall_top_10"] == 1.0
    assert found["lift_top_10"] == pytest.approx(10.0)


def test_ties_at_the_border_of_the_top_ten_percent_count_by_their_share() -> None:
    probability = np.array([0.9] * 4 + [0.1] * 16)
    target = np.array([True, True, False, False] + [False] * 16)
    found = values(Forecast(probability, target, np.arange(20), 0.5))
    assert found["recall_top_10"] == pytest.approx(0.5)


def test_one_probability_for_everybody_neither_ranks_nor_lifts() -> None:
    target = np.arange(50) % 5 == 0
    found = values(Forecast(np.full(50, 0.2), target, np.arange(50), 0.5))
    assert found["roc_auc"] == 0.5
    assert found["lift_top_10"] == pytest.approx(1.0)
    assert found["average_precision"] == pytest.approx(0.2)
    assert found["calibration_error"] == pytest.approx(0.0)


def test_the_calibration_error_is_the_mean_gap_between_said_and_happened() -> None:
    probability = np.repeat([0.2, 0.6], 50)
    target = np.concatenate([np.arange(50) < 20, np.arange(50) < 25])
    found = values(Forecast(probability, target, np.arange(100), 0.5))
    assert found["calibration_error"] == pytest.approx((0.2 + 0.1) / 2)


def test_rows_of_equal_probability_share_a_bin() -> None:
    forecast = Forecast(np.repeat([0.1, 0.5], [70, 30]), np.arange(100) % 2 == 0, np.arange(100), 0.5)
    assert Ranking.of(forecast).bins.tolist() == [0, 30]


@pytest.mark.parametrize("outcome", [True, False])
def test_a_metric_that_needs_both_outcomes_is_null_with_its_counts_where_one_is_missing(outcome: bool) -> None:  # noqa: FBT001
    forecast = Forecast(np.linspace(0.1, 0.4, 30), np.full(30, outcome), np.arange(30), 0.2)
    found = measured(forecast)
    for metric in ("roc_auc", "average_precision", "lift_top_10", "recall_top_10", "f1"):
        assert found[metric] == Measurement(metric, None, None, None, 30, 30 * outcome)
    assert found["log_loss"].value is not None
    assert found["brier"].low is not None


def test_one_listener_has_metrics_but_no_interval() -> None:
    found = measured(Forecast(np.array([0.2, 0.7]), np.array([False, True]), np.array([5, 5]), 0.5))
    assert found["roc_auc"].value == 1.0
    assert found["brier"].low == found["brier"].high


def test_every_metric_is_measured_once_with_an_interval_around_its_value() -> None:
    found = measured(drawn(400))
    assert tuple(found) == METRICS
    for entry in found.values():
        assert entry.value is not None
        assert entry.low is not None
        assert entry.high is not None
        assert entry.low <= entry.value <= entry.high, entry.metric


def test_blocks_of_replicates_give_the_same_intervals_as_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    forecast = drawn(300)
    at_once = forecast.measure(FEW)
    monkeypatch.setattr("churn_assets.training.metrics.CELLS", 1000)
    for entry, expected in zip(forecast.measure(FEW), at_once, strict=True):
        assert (entry.value, entry.low, entry.high) == pytest.approx((expected.value, expected.low, expected.high))


def test_codes_of_listeners_need_not_be_dense() -> None:
    forecast = drawn(100)
    sparse = Forecast(forecast.probability, forecast.target, forecast.listener_of * 1000 + 17, forecast.threshold)
    assert sparse.measure(FEW) == forecast.measure(FEW)


def test_repeating_every_row_of_a_listener_does_not_narrow_the_interval() -> None:
    once = drawn(200)
    thrice = Forecast(
        np.tile(once.probability, 3), np.tile(once.target, 3), np.tile(once.listener_of, 3), once.threshold
    )
    single, repeated = measured(once)["brier"], measured(thrice)["brier"]
    assert repeated.low == pytest.approx(single.low)
    assert repeated.high == pytest.approx(single.high)


def test_the_threshold_has_the_best_f1_of_all() -> None:
    forecast = drawn(300, digits=2)
    chosen = best_f1_threshold(forecast.probability, forecast.target)
    scores = [
        reference.f1_score(forecast.target, forecast.probability >= cut) for cut in np.unique(forecast.probability)
    ]
    assert reference.f1_score(forecast.target, forecast.probability >= chosen) == pytest.approx(max(scores))


def test_the_threshold_lies_between_two_probabilities_so_that_rounding_cannot_move_a_row_across() -> None:
    probability = np.array([0.1, 0.2, 0.8, 0.9])
    assert best_f1_threshold(probability, probability > 0.5) == pytest.approx(0.5)


def test_the_threshold_of_a_constant_forecast_is_that_constant() -> None:
    assert best_f1_threshold(np.full(9, 0.3), np.arange(9) < 3) == pytest.approx(0.3)
