"""Small simulated worlds: what changes listeners alone is no drop, what changes why they leave is one."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cache

import numpy as np
import pytest

from benchmarks.panel import FIRST_DAY, panel
from benchmarks.watched import Watched, jury, watched
from churn_assets.monitoring.performance.decline import Decline
from churn_assets.monitoring.performance.reading import Reading, estimated, realised
from churn_assets.simulate.world import Change, World
from churn_assets.training.bootstrap import Resampling
from churn_assets_tests.monitoring.performance.cohorts import FEW

CHANGE_DAY = FIRST_DAY + timedelta(days=140)
DAYS, LISTENERS = 205, 1_200
CHANGES = {
    "nothing": (),
    "covariate": (Change(CHANGE_DAY, covariate=1.0),),
    "concept": (Change(CHANGE_DAY, concept=1.0),),
}


@dataclass(frozen=True)
class Lived:
    """A world and the verdicts on it, look by look."""

    found: Watched
    verdicts: tuple[Decline, ...]


@cache
def lived(change: str, seed: int) -> Lived:
    """A world of its own for every seed."""
    rows = panel(
        World(FIRST_DAY, seed=seed, listeners=LISTENERS, days=DAYS, has_visitors=False, changes=CHANGES[change])
    )
    found = watched(rows)
    return Lived(found, tuple(found.looks(jury())))


def readings(found: Watched) -> list[tuple[Reading, Reading]]:
    """What the newest cut-offs, all of them after the change, were estimated to come to, and came to."""
    threshold = found.production.threshold
    return [
        (
            estimated(part, "churned", threshold=threshold, resampling=Resampling()),
            realised(part, "churned", threshold=threshold, resampling=FEW),
        )
        for part in found.later[-4:]
    ]


@pytest.mark.parametrize("seed", [5, 6])
@pytest.mark.parametrize("change", ["nothing", "covariate"])
def test_no_drop_is_found_where_nobody_leaves_for_another_reason(change: str, seed: int) -> None:
    world = lived(change, seed)

    assert len(world.verdicts) >= 6
    assert not [verdict.look for verdict in world.verdicts if verdict.is_drop]


@pytest.mark.parametrize("seed", [5, 6, 7])
def test_planted_concept_drift_is_a_drop_and_not_before_it_happens(seed: int) -> None:
    world = lived("concept", seed)

    drops = [verdict for verdict in world.verdicts if verdict.is_drop]

    assert drops
    horizon = timedelta(days=30)
    assert all(verdict.cutoffs[-1] + horizon > CHANGE_DAY for verdict in drops)


def test_the_worlds_are_the_same_until_they_change() -> None:
    calm, turned = lived("nothing", 5), lived("concept", 5)
    horizon = timedelta(days=30)

    assert calm.found.production == turned.found.production
    before = [
        (one.rows, other.rows)
        for one, other in zip(calm.found.later, turned.found.later, strict=True)
        if one.cutoff + horizon <= CHANGE_DAY
    ]
    assert all(one.equals(other) for one, other in before)


def gaps(found: Watched, metric: str) -> list[tuple[float, bool]]:
    """Realised minus estimated, and whether it lies outside the estimate's interval, of the newest cut-offs."""
    pairs = []
    for guess, truth in readings(found):
        said, came = guess.metrics[metric], truth.metrics[metric].value
        assert said.value is not None
        assert said.low is not None
        assert said.high is not None
        assert came is not None
        pairs.append((came - said.value, not said.low <= came <= said.high))
    return pairs


@pytest.mark.parametrize("seed", [5, 6, 7])
def test_estimates_cannot_see_concept_drift_but_their_error_shows_it(seed: int) -> None:
    found = lived("concept", seed).found
    before = found.production.get("churned", "log_loss").value
    assert before is not None

    losses = [(guess.metrics["log_loss"].value, truth.metrics["log_loss"].value) for guess, truth in readings(found)]
    rise_estimated = np.mean([guess - before for guess, _ in losses if guess is not None])
    rise = np.mean([truth - before for _, truth in losses if truth is not None])

    assert rise > 0.03
    assert rise_estimated < rise / 2
    assert sum(is_off for _, is_off in gaps(found, "log_loss")) >= 2


@pytest.mark.parametrize("change", ["nothing", "covariate"])
def test_estimates_hold_where_nothing_or_only_the_listeners_change(change: str) -> None:
    found = lived(change, 6).found

    off = [is_off for metric in ("roc_auc", "log_loss", "base_rate") for _, is_off in gaps(found, metric)]

    assert np.mean(off) <= 1 / 4


def test_the_verdict_of_a_world_is_reproducible() -> None:
    found = lived("concept", 6)

    assert tuple(found.found.looks(jury())) == found.verdicts
