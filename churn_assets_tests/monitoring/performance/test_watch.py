"""What is known on which day."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from churn_assets.monitoring.performance.cohort import Cohort
from churn_assets.monitoring.performance.production import Production
from churn_assets.monitoring.performance.reading import Reading
from churn_assets.monitoring.performance.span import days_seen
from churn_assets.monitoring.performance.watch import VersionState, Watch
from churn_assets_tests.monitoring.performance.cohorts import (
    FIRST_CUTOFF,
    LATER,
    SCHEDULE,
    TESTED,
    cohort,
    drawn,
    jury,
    probabilities,
    production,
)

SAID = probabilities(300)
MIXED = np.random.default_rng(9).permutation(SAID)
ONE_DAY = timedelta(days=1)


def watch(parts: list[Cohort], *promised: Production) -> Watch:
    """A watch over cohorts of the promised versions."""
    productions: Mapping[str, Production] = {found.version: found for found in promised or (production(),)}
    return Watch(parts, productions, jury())


def labelled(*cutoffs: date, version: str = "1") -> list[Cohort]:
    """Cohorts with labels in which the order is lost."""
    return [cohort(SAID, drawn(MIXED, seed=day.toordinal()), cutoff=day, version=version) for day in cutoffs]


def only(states: list[VersionState]) -> VersionState:
    (state,) = states
    return state


def test_a_cutoff_that_the_version_learned_from_is_never_reported() -> None:
    honest_from = production().last_label_day
    found = only(watch(labelled(FIRST_CUTOFF, *TESTED, LATER[0])).states(LATER[5]))

    assert [part.cutoff for part in found.cohorts] == [*TESTED, LATER[0]]
    assert all(part.cutoff >= honest_from for part in found.cohorts)


def test_a_cutoff_is_seen_from_the_day_before_it_on_and_its_labels_a_horizon_later() -> None:
    cutoff = LATER[0]
    before, day, immature, mature = (cutoff + timedelta(days=n) for n in (-2, -1, 28, 29))
    watching = watch(labelled(cutoff))

    assert watching.states(before) == []
    assert only(watching.states(day)).labelled == ()
    assert only(watching.states(immature)).labelled == ()
    assert [part.cutoff for part in only(watching.states(mature)).labelled] == [cutoff]


def test_labels_that_are_there_but_not_mature_on_that_day_are_not_read() -> None:
    watching = watch(labelled(LATER[0]))

    kinds = {reading.kind for _, reading in watching.readings(only(watching.states(LATER[1])))}

    assert kinds == {"estimated"}


def test_labels_that_are_missing_though_mature_leave_the_estimate() -> None:
    watching = watch([cohort(SAID, cutoff=LATER[0])])
    state = only(watching.states(LATER[8]))

    assert [reading.kind for _, reading in watching.readings(state)] == ["estimated"]
    assert state.verdict == "not enough data"


def test_what_lies_too_far_back_is_no_longer_seen() -> None:
    last = LATER[0] + timedelta(days=days_seen(SCHEDULE) - 1)
    watching = watch(labelled(LATER[0]))

    assert len(watching.states(last)) == 1
    assert watching.states(last + ONE_DAY) == []


def test_a_verdict_needs_two_matured_cutoffs_after_the_promotion_test() -> None:
    watching = watch(labelled(*TESTED, *LATER[:3]))
    enough = SCHEDULE.matures_on(LATER[1])

    assert only(watching.states(enough - 2 * ONE_DAY)).verdict == "not enough data"
    state = only(watching.states(enough - ONE_DAY))
    assert state.verdict == "drop"
    assert state.decline is not None
    assert state.decline.cutoffs == LATER[:2]


def test_a_version_is_replaced_when_another_scores_a_later_cutoff() -> None:
    newer = replace(production(version="2"), last_label_day=LATER[2], tested=(LATER[3],))
    parts = [*labelled(*LATER[:2]), cohort(SAID, cutoff=LATER[8], version="2")]
    watching = watch(parts, production(), newer)

    before = watching.states(LATER[8] - 2 * ONE_DAY)
    after = watching.states(LATER[8] - ONE_DAY)

    assert [(state.production.version, state.verdict) for state in before] == [("1", "drop")]
    assert [(state.production.version, state.verdict) for state in after] == [
        ("1", "replaced"),
        ("2", "not enough data"),
    ]


def test_a_version_without_a_promotion_test_is_left_out_but_has_replaced_the_one_before() -> None:
    parts = [*labelled(*LATER[:2]), cohort(SAID, cutoff=LATER[8], version="unknown")]

    assert only(watch(parts).states(LATER[8])).verdict == "replaced"


def test_days_that_know_the_same_share_what_was_computed() -> None:
    watching = watch(labelled(*LATER[:3]))
    monday, tuesday = (only(watching.states(SCHEDULE.matures_on(LATER[2]) + timedelta(days=n))) for n in (0, 1))

    assert monday.decline is tuesday.decline
    one: list[Reading] = [reading for _, reading in watching.readings(monday)]
    other = [reading for _, reading in watching.readings(tuesday)]
    assert len(one) == 9
    assert all(a is b for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("target", ["churned", "churned_or_cancelled"])
def test_both_targets_are_realised_and_only_the_models_own_is_estimated(target: str) -> None:
    watching = watch(labelled(LATER[0]), replace(production(), target=target))
    readings = [reading for _, reading in watching.readings(only(watching.states(LATER[6])))]

    assert sorted(reading.target for reading in readings if reading.kind == "realised") == [
        "churned",
        "churned_or_cancelled",
    ]
    assert [reading.target for reading in readings if reading.kind == "estimated"] == [target]
