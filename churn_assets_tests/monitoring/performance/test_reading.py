"""Estimated and realised metrics, held against definitions written out in full."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_assets.monitoring.performance import reading
from churn_assets.monitoring.performance.reading import ALL_METRICS, estimated, realised
from churn_assets.training.bootstrap import Resampling
from churn_assets.training.metrics import METRICS, Forecast
from churn_assets_tests.monitoring.performance.cohorts import FEW, cohort, drawn, probabilities

SAID = [0.05, 0.1, 0.1, 0.3, 0.6, 0.9]
THRESHOLD = 0.3


def value(metric: str, said: list[float], *, resampling: Resampling = FEW) -> float:
    """The estimate of a metric."""
    found = estimated(cohort(said), "churned", threshold=THRESHOLD, resampling=resampling).metrics[metric].value
    assert found is not None
    return found


def test_the_expected_auc_is_the_chance_that_a_churner_lies_above_a_stayer() -> None:
    weight = {(a, b): SAID[a] * (1 - SAID[b]) for a, b in product(range(6), repeat=2)}
    above = sum(w * (1.0 if SAID[a] > SAID[b] else 0.5 if SAID[a] == SAID[b] else 0.0) for (a, b), w in weight.items())

    assert value("roc_auc", SAID) == pytest.approx(above / sum(weight.values()))


def test_expected_losses_are_those_of_probabilities_that_are_right() -> None:
    entropy = -np.mean([p * np.log(p) + (1 - p) * np.log(1 - p) for p in SAID])

    assert value("log_loss", SAID) == pytest.approx(entropy)
    assert value("brier", SAID) == pytest.approx(np.mean([p * (1 - p) for p in SAID]))
    assert value("base_rate", SAID) == pytest.approx(np.mean(SAID))


def test_expected_decisions_follow_from_the_expected_confusion_at_the_threshold() -> None:
    called = [p for p in SAID if p >= THRESHOLD]
    hits, missed = sum(called), sum(SAID) - sum(called)

    assert value("accuracy", SAID) == pytest.approx((hits + sum(1 - p for p in SAID if p < THRESHOLD)) / len(SAID))
    assert value("f1", SAID) == pytest.approx(2 * hits / (2 * hits + missed + len(called) - hits))


def test_every_estimate_is_the_mean_over_all_outcomes_weighted_by_their_chance() -> None:
    said = np.array([0.2, 0.5, 0.8, 0.35])
    worlds = list(product([False, True], repeat=4))
    chance = [float(np.prod(np.where(world, said, 1 - said))) for world in worlds]
    losses = [
        realised(cohort(said, list(world)), "churned", threshold=0.3, resampling=FEW).metrics["log_loss"].value
        for world in worlds
    ]

    mean = sum(c * (loss or 0.0) for c, loss in zip(chance, losses, strict=True))

    assert value("log_loss", said.tolist()) == pytest.approx(mean)


def test_certain_probabilities_that_come_true_are_estimated_as_they_turn_out() -> None:
    said = cohort([0.0, 0.0, 1.0, 0.0, 1.0], [False, False, True, False, True])

    guess = estimated(said, "churned", threshold=0.5, resampling=FEW)
    truth = realised(said, "churned", threshold=0.5, resampling=FEW)

    for metric in ALL_METRICS:
        assert guess.metrics[metric].value == pytest.approx(truth.metrics[metric].value), metric


def test_an_estimate_never_looks_at_the_labels() -> None:
    said = probabilities(80)

    blind = estimated(cohort(said), "churned", threshold=0.2, resampling=FEW)
    seeing = estimated(cohort(said, drawn(said, seed=3)), "churned", threshold=0.2, resampling=FEW)

    assert blind == seeing
    assert blind.positives is None


def test_many_listeners_are_worked_off_in_blocks_with_the_same_result(monkeypatch: pytest.MonkeyPatch) -> None:
    said = cohort(probabilities(50))
    whole = estimated(said, "churned", threshold=0.2, resampling=FEW)
    monkeypatch.setattr(reading, "CELLS", 750)

    blocks = estimated(said, "churned", threshold=0.2, resampling=FEW)

    for metric in ALL_METRICS:
        assert vars(blocks.metrics[metric]) == pytest.approx(vars(whole.metrics[metric])), metric


def test_realised_metrics_are_those_of_the_training_stage() -> None:
    said = probabilities(120)
    happened = drawn(said, seed=4)
    expected = Forecast(said, happened, np.arange(120), 0.2).measure(FEW)

    found = realised(cohort(said, happened), "churned", threshold=0.2, resampling=FEW)

    assert [found.metrics[entry.metric].value for entry in expected] == [entry.value for entry in expected]
    assert found.metrics["base_rate"].value == pytest.approx(happened.mean())
    assert (found.n, found.positives) == (120, happened.sum())
    low, high = found.metrics["base_rate"].low, found.metrics["base_rate"].high
    assert low is not None
    assert high is not None
    assert low < happened.mean() < high


def test_outcomes_that_go_with_the_probabilities_mostly_lie_inside_the_interval() -> None:
    said = probabilities(250)
    guess = estimated(cohort(said), "churned", threshold=0.2, resampling=Resampling(replicates=300))
    inside = dict.fromkeys(ALL_METRICS, 0)

    for seed in range(100, 200):
        truth = realised(cohort(said, drawn(said, seed=seed)), "churned", threshold=0.2, resampling=Resampling(2))
        for metric in ALL_METRICS:
            low, high = guess.metrics[metric].low, guess.metrics[metric].high
            inside[metric] += low <= truth.metrics[metric].value <= high  # type: ignore[operator]

    assert min(inside.values()) >= 88, inside


def test_outcomes_that_do_not_lie_outside() -> None:
    said = probabilities(400)
    guess = estimated(cohort(said), "churned", threshold=0.2, resampling=FEW)
    others = realised(cohort(said, drawn(said[::-1], seed=5)), "churned", threshold=0.2, resampling=FEW)

    for metric in ("roc_auc", "log_loss", "average_precision"):
        low, high = guess.metrics[metric].low, guess.metrics[metric].high
        assert not low <= others.metrics[metric].value <= high  # type: ignore[operator]


def test_nobody_has_no_metrics() -> None:
    assert estimated(cohort([]), "churned", threshold=0.2, resampling=FEW).metrics == {}
    nothing = realised(cohort([], []), "churned", threshold=0.2, resampling=FEW)
    assert (nothing.n, nothing.positives, nothing.metrics["base_rate"].value) == (0, 0, None)


def test_a_cohort_with_one_outcome_leaves_the_ranking_undefined_and_no_more() -> None:
    found = realised(cohort([0.1, 0.2, 0.3], [False] * 3), "churned", threshold=0.2, resampling=FEW)

    assert found.metrics["roc_auc"].value is None
    assert found.metrics["log_loss"].value is not None


@given(st.lists(st.floats(0.001, 0.999), min_size=2, max_size=12))
def test_estimates_do_not_depend_on_the_order_of_listeners(said: list[float]) -> None:
    forth = estimated(cohort(said), "churned", threshold=0.3, resampling=Resampling(2))
    back = estimated(cohort(said[::-1]), "churned", threshold=0.3, resampling=Resampling(2))

    for metric in METRICS:
        if metric != "calibration_error":
            assert forth.metrics[metric].value == pytest.approx(back.metrics[metric].value), metric
