"""Control over many features at once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from churn_assets.monitoring.drift.discovery import adjusted

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=40)


@given(P_VALUES)
def test_adjusted_p_values_are_scipys(p_values: list[float]) -> None:
    assert adjusted(p_values) == pytest.approx(false_discovery_control(p_values), abs=1e-12)


@given(P_VALUES, st.sampled_from([0.01, 0.05, 0.2]))
def test_discoveries_are_those_of_the_step_up_rule(p_values: list[float], level: float) -> None:
    steps = sorted(p_values)
    passing = [k for k, p in enumerate(steps, start=1) if p * len(steps) / k <= level]
    limit = steps[max(passing) - 1] if passing else -1.0

    found = [value <= level for value in adjusted(p_values)]

    assert found == [p <= limit for p in p_values]


def test_no_features_no_discoveries() -> None:
    assert adjusted([]) == []


def test_of_fifty_features_that_did_not_move_any_is_discovered_as_rarely_as_the_level_says() -> None:
    rng = np.random.default_rng(2)

    alarms = sum(min(adjusted(list(rng.random(50)))) <= 0.05 for _ in range(1_000))

    assert 0.03 * 1_000 < alarms < 0.07 * 1_000
