import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as reference

from churn_assets.training.curves import POINTS, Confusion, Curves
from churn_assets.training.metrics import Forecast


def drawn(count: int, *, seed: int = 1, digits: int = 9) -> Forecast:
    """A calibrated forecast; few digits make ties."""
    chance = np.random.default_rng(seed)
    probability = chance.beta(1.0, 3.0, count).round(digits)
    return Forecast(probability, chance.random(count) < probability, np.arange(count) // 2, threshold=0.4)


@given(st.integers(10, 150), st.integers(1, 9), st.integers(0, 99))
def test_the_roc_curve_has_the_area_of_the_reference(count: int, digits: int, seed: int) -> None:
    forecast = drawn(count, seed=seed, digits=digits)
    curves = Curves.of(forecast)
    area = np.trapezoid(curves.recall, curves.passed_stayers)
    if 0 < forecast.target.sum() < count:
        assert area == pytest.approx(reference.roc_auc_score(forecast.target, forecast.probability))


def test_precision_and_recall_are_those_of_the_reference() -> None:
    forecast = drawn(100)
    curves = Curves.of(forecast)
    precision, recall, _ = reference.precision_recall_curve(forecast.target, forecast.probability)
    assert curves.recall[1:] == pytest.approx(recall[:-1][::-1])
    assert curves.precision[1:] == pytest.approx(precision[:-1][::-1])


def test_curves_rise_from_nothing_to_everything() -> None:
    curves = Curves.of(drawn(80))
    for points in (curves.passed, curves.recall, curves.passed_stayers):
        assert points[0] == 0.0
        assert points[-1] == 1.0
        assert (np.diff(points) >= 0).all()


def test_a_long_curve_is_thinned() -> None:
    curves = Curves.of(drawn(5000))
    assert len(curves.recall) == len(curves.precision) == POINTS + 1
    assert curves.passed[-1] == 1.0


def test_every_row_is_in_one_calibration_bin_the_lowest_first() -> None:
    bins = Curves.of(drawn(250)).calibration
    assert sum(b.n for b in bins) == 250
    assert [b.said for b in bins] == sorted(b.said for b in bins)
    assert all(b.low <= b.happened <= b.high for b in bins)


def test_a_bin_in_which_nobody_churned_is_not_certain() -> None:
    bins = Curves.of(Forecast(np.full(40, 0.1), np.zeros(40, dtype=bool), np.arange(40), 0.5)).calibration
    assert bins[0].happened == 0.0
    assert bins[0].low == 0.0
    assert bins[0].high == pytest.approx(0.0876, abs=1e-3)


def test_the_interval_of_a_bin_counts_listeners_and_not_rows() -> None:
    target = np.tile([True, False, False, False], 25)
    by_row, by_listener = (
        Curves.of(Forecast(np.full(100, 0.3), target, codes, 0.5)).calibration[0]
        for codes in (np.arange(100), np.arange(100) // 4)
    )
    assert by_listener.high - by_listener.low > 1.8 * (by_row.high - by_row.low)


def test_the_confusion_counts_rows_by_forecast_and_outcome() -> None:
    forecast = Forecast(
        np.array([0.9, 0.8, 0.5, 0.2, 0.1]), np.array([True, False, True, True, False]), np.arange(5), 0.5
    )
    assert Curves.of(forecast).confusion == Confusion(2, 1, 1, 1)


@pytest.mark.parametrize("outcome", [True, False])
def test_one_outcome_alone_still_has_curves(outcome: bool) -> None:  # noqa: FBT001
    curves = Curves.of(Forecast(np.linspace(0.1, 0.9, 20), np.full(20, outcome), np.arange(20), 0.5))
    assert np.isfinite([*curves.recall, *curves.passed_stayers, *curves.precision]).all()


def test_curves_survive_json() -> None:
    curves = Curves.of(drawn(60))
    assert Curves.from_json(json.loads(json.dumps(curves.to_json()))) == curves
