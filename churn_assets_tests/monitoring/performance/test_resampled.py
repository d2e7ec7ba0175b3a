"""The numbers behind the verdict, against the training stage's own and against brute force."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_assets.monitoring.performance import resampled as module
from churn_assets.monitoring.performance.resampled import Resampled, resampled
from churn_assets.training.bootstrap import Resampling
from churn_assets.training.metrics import Forecast, Ranking
from churn_assets_tests.monitoring.performance.cohorts import FEW, drawn, probabilities


def auc(said: np.ndarray, weight: np.ndarray) -> float:
    """Chance that a churner lies above a stayer, pair by pair."""
    total = above = 0.0
    for p, w in zip(said, weight, strict=True):
        for q, v in zip(said, weight, strict=True):
            total += w * (1 - v)
            above += w * (1 - v) * (1.0 if p > q else 0.5 if p == q else 0.0)
    return above / total


def test_values_are_the_metrics_of_the_rows() -> None:
    said, happened = probabilities(60), drawn(probabilities(60), seed=2)
    pairs = resampled(said, happened, listener_of=np.arange(60), resampling=FEW)

    ours = {entry.metric: entry.value for entry in Forecast(said, happened, np.arange(60), 0.2).measure(FEW)}

    assert pairs["roc_auc"].realised.value == pytest.approx(ours["roc_auc"])
    assert pairs["log_loss"].realised.value == pytest.approx(ours["log_loss"])
    assert pairs["base_rate"].realised.value == pytest.approx(happened.mean())
    assert pairs["base_rate"].expected.value == pytest.approx(said.mean())


@given(st.lists(st.tuples(st.sampled_from([0.1, 0.2, 0.5, 0.7]), st.booleans()), min_size=3, max_size=12))
def test_the_auc_is_that_of_all_pairs(rows: list[tuple[float, bool]]) -> None:
    said, happened = np.array([p for p, _ in rows]), np.array([y for _, y in rows])
    pair = resampled(said, happened, listener_of=np.arange(len(rows)), resampling=Resampling(2))["roc_auc"]

    assert pair.expected.value == pytest.approx(auc(said, said))
    if 0 < happened.sum() < len(rows):
        assert pair.realised.value == pytest.approx(auc(said, happened.astype(float)))
    else:
        assert np.isnan(pair.realised.value)


def test_a_replicate_draws_a_listener_with_all_rows() -> None:
    said, codes = probabilities(40), np.repeat(np.arange(20), 2)
    happened = drawn(said, seed=3)
    counts = FEW.counts(20)[:, codes].astype(float)
    by_hand = Ranking.of(Forecast(said, happened, codes, 0.2))

    pairs = resampled(said, happened, listener_of=codes, resampling=FEW)

    assert pairs["base_rate"].realised.replicates == pytest.approx((counts @ happened) / counts.sum(axis=1))
    aucs = by_hand.metrics(counts[:, by_hand.order])["roc_auc"]
    assert pairs["roc_auc"].realised.replicates == pytest.approx(aucs, nan_ok=True)


def test_listeners_whose_rows_repeat_themselves_are_no_further_evidence() -> None:
    said = probabilities(300)
    happened = drawn(said, seed=5)
    once = resampled(said, happened, listener_of=np.arange(300), resampling=FEW)
    twice = resampled(np.tile(said, 2), np.tile(happened, 2), listener_of=np.tile(np.arange(300), 2), resampling=FEW)

    for metric in module.TESTED:
        assert twice[metric].realised.error == pytest.approx(once[metric].realised.error), metric


def test_large_services_are_worked_off_in_blocks_with_the_same_result(monkeypatch: pytest.MonkeyPatch) -> None:
    said, happened = probabilities(50), drawn(probabilities(50), seed=2)
    whole = resampled(said, happened, listener_of=np.arange(50), resampling=FEW)
    monkeypatch.setattr(module, "CELLS", 170)

    blocks = resampled(said, happened, listener_of=np.arange(50), resampling=FEW)

    assert blocks["roc_auc"].realised.replicates.tolist() == whole["roc_auc"].realised.replicates.tolist()


def test_the_error_is_that_of_the_defined_replicates() -> None:
    assert Resampled(0.5, np.array([0.4, np.nan, 0.6])).error == pytest.approx(np.std([0.4, 0.6], ddof=1))
    assert Resampled(0.5, np.array([np.nan, np.nan])).error == 0.0


def test_the_difference_is_taken_replicate_by_replicate() -> None:
    gap = Resampled(3.0, np.array([3.0, 5.0])) - Resampled(1.0, np.array([1.0, 3.0]))

    assert (gap.value, gap.replicates.tolist(), gap.error) == (2.0, [2.0, 2.0], 0.0)
