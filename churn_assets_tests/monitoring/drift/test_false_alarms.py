"""How often the whole decision cries wolf, and how surely it finds what moved; small versions of the drift study."""

import numpy as np
import pytest
from scipy.stats import binom

from churn_assets.monitoring.drift.report import Baseline, Rule, would_retrain
from churn_assets_tests.monitoring.crowd import SCHEMA, crowd, resampled

POPULATION = crowd(1_000, 11)
BASELINE = Baseline(resampled(POPULATION, 1_000, 12), SCHEMA, Rule())
PROMISED = 0.05
REPEATS = 200


def alarms(size: int, shift: float = 0.0, repeats: int = REPEATS) -> int:
    spread = POPULATION["avg_session_len_min"].std()
    windows = (resampled(POPULATION, size, seed) for seed in range(repeats))
    moved = (window.assign(avg_session_len_min=window["avg_session_len_min"] + shift * spread) for window in windows)
    return sum(would_retrain(BASELINE.compare(window, ())) for window in moved)


@pytest.mark.parametrize("size", [50, 100, 400, 10_000])
def test_without_drift_a_retraining_is_asked_for_in_at_most_one_of_twenty_windows(size: int) -> None:
    repeats = REPEATS if size < 1_000 else 20

    found = alarms(size, repeats=repeats)

    # More than this would refute the promise at one in a thousand.
    assert found <= binom.ppf(0.999, repeats, PROMISED)


@pytest.mark.parametrize("size", [7, 20, 49])
def test_below_the_least_rows_nothing_is_ever_asked_for(size: int) -> None:
    assert alarms(size, shift=5.0, repeats=20) == 0


def test_the_power_grows_with_the_shift_and_with_the_window() -> None:
    by_shift = [alarms(100, shift, 40) for shift in (0.0, 0.5, 1.0)]
    by_size = [alarms(size, 0.8, 40) for size in (50, 100, 400)]

    assert by_shift == sorted(by_shift)
    assert by_size == sorted(by_size)
    assert by_shift[-1] == by_size[-1] == 40


def test_a_shift_of_one_standard_deviation_is_found_in_fifty_listeners() -> None:
    assert alarms(50, 1.0, 40) >= 32


def test_the_false_alarms_of_single_features_are_controlled_together() -> None:
    """With an irrelevant effect size, the level alone must hold the promise."""
    baseline = Baseline(BASELINE.rows, SCHEMA, Rule(ks=0.0, psi=0.0, level=0.05))

    found = np.mean([would_retrain(baseline.compare(resampled(POPULATION, 100, seed), ())) for seed in range(REPEATS)])

    assert found <= binom.ppf(0.999, REPEATS, 0.05) / REPEATS
