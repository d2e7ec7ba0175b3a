"""The batch path, the request path and a plain second opinion give the same value for every feature."""

from random import Random

import pytest
from hypothesis import given, settings

from churn_assets.features.batch import Horizon
from churn_assets.features.catalogue import CATALOGUE
from churn_assets_tests.features.evaluations import differences, reckoned, requested_at
from churn_assets_tests.features.memory_batch import memory_batch
from churn_assets_tests.logs import LOG_START
from churn_assets_tests.strategies import REQUEST, World, world, worlds

NAMES = {feature.name for feature in CATALOGUE.features}


@pytest.mark.parametrize("seed", range(2))
def test_all_three_agree_on_a_crowd(seed: int) -> None:
    crowd = world(Random(seed), listeners=120, most_cutoffs=5)

    batch = memory_batch().features(crowd.log, crowd.cutoffs)

    assert len(batch) > 50
    assert all(row.keys() == NAMES for row in batch.values())
    assert differences(batch, requested_at(crowd.log, crowd.cutoffs)) == []
    assert differences(batch, reckoned(crowd.log, crowd.cutoffs), within=1e-9) == []


@pytest.mark.parametrize("lookback_days", [7, 20, 120])
def test_all_three_agree_whatever_the_lookback(lookback_days: int) -> None:
    horizon = Horizon(lookback_days, LOG_START)
    crowd = world(Random(lookback_days), listeners=80, most_cutoffs=4)

    batch = memory_batch(lookback_days).features(crowd.log, crowd.cutoffs)

    assert differences(batch, requested_at(crowd.log, crowd.cutoffs, horizon)) == []
    assert differences(batch, reckoned(crowd.log, crowd.cutoffs, horizon), within=1e-9) == []


@settings(REQUEST, max_examples=8)
@given(worlds())
def test_batch_and_request_are_bit_identical(world: World) -> None:
    batch = memory_batch().features(world.log, world.cutoffs)

    assert differences(batch, requested_at(world.log, world.cutoffs)) == []


@REQUEST
@given(worlds())
def test_request_and_oracle_agree(world: World) -> None:
    request = requested_at(world.log, world.cutoffs)

    assert differences(request, reckoned(world.log, world.cutoffs), within=1e-9) == []
