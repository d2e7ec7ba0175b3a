"""What is said of a day."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from churn_assets.monitoring.performance.cohort import Cohort
from churn_assets.monitoring.performance.production import Production
from churn_assets.monitoring.performance.watch import VersionState, Watch
from churn_assets.monitoring.performance.words import NOBODY, compared, told, verdict_of, waiting
from churn_assets_tests.monitoring.performance.cohorts import (
    LATER,
    SCHEDULE,
    TESTED,
    cohort,
    drawn,
    jury,
    probabilities,
    production,
)

SAID = probabilities(400)
MIXED = np.random.default_rng(9).permutation(SAID)
MATURE = SCHEDULE.matures_on(LATER[2])


def said_of(parts: Sequence[Cohort], day: date, *promised: Production) -> tuple[str, str]:
    """Verdict and sentences of a day."""
    watch = Watch(parts, {found.version: found for found in promised or (production(),)}, jury())
    states = watch.states(day)
    return verdict_of(states), told(watch, states)


def came(truth: np.ndarray, count: int = 3) -> list[Cohort]:
    """Labelled cohorts in which outcomes go with `truth`."""
    return [cohort(SAID, drawn(truth, seed=20 + n), cutoff=LATER[n]) for n in range(count)]


def test_a_drop_names_the_cutoffs_and_each_metric_with_its_figures() -> None:
    verdict, words = said_of(came(MIXED), MATURE)

    assert verdict == "drop"
    assert f"Version 1: performance dropped (3 matured cut-offs, {LATER[0]} to {LATER[2]})" in words
    assert "AUC 0." in words
    assert "in production 0.750, expected 0." in words
    assert "share of churners" not in words


def test_a_drop_admits_that_the_estimates_are_not_to_be_trusted() -> None:
    _, words = said_of(came(MIXED), MATURE)

    assert "of 9 realised values of the tested metrics lie outside their estimates (by chance: 5%)" in words
    assert "do not trust the estimates of open cut-offs either" in words


def test_no_drop_is_said_with_the_closest_figures_and_without_alarm() -> None:
    verdict, words = said_of(came(SAID), MATURE)

    assert verdict == "ok"
    assert "no metric got worse beyond chance" in words
    assert "trust" not in words


def test_too_little_to_go_by_says_when_the_first_cutoffs_mature() -> None:
    parts = [cohort(SAID, drawn(SAID, seed=1), cutoff=TESTED[1]), cohort(SAID, cutoff=LATER[0])]

    verdict, words = said_of(parts, LATER[0])

    assert verdict == "not enough data"
    assert f"0 of 2 cut-offs after its promotion test ({TESTED[1]}) have matured" in words
    first, second = (SCHEDULE.matures_on(LATER[n]) for n in (0, 1))
    assert f"the first, {LATER[0]}, matures on {first}, and a verdict is possible from {second} on" in words


def test_a_champion_that_has_not_scored_yet_waits_for_the_cutoffs_after_the_newest_score() -> None:
    watch = Watch([cohort(SAID, cutoff=LATER[3])], {"1": production()}, jury())

    words = waiting(watch, VersionState(replace(production(version="2"), tested=(LATER[0],))))

    assert f"the first, {LATER[4]}, matures on {SCHEDULE.matures_on(LATER[4])}" in words
    assert f"possible from {SCHEDULE.matures_on(LATER[5])} on" in words


def test_few_churners_are_named_as_what_is_missing() -> None:
    few = probabilities(30)
    parts = [cohort(few, drawn(few, seed=n), cutoff=LATER[n]) for n in range(2)]

    verdict, words = said_of(parts, MATURE)

    assert verdict == "not enough data"
    assert "Fewer than 20 churners are expected" in words


def test_a_replaced_version_gives_no_verdict_of_the_day() -> None:
    newer = replace(production(version="2"), last_label_day=LATER[0])
    parts = [*came(MIXED), cohort(SAID, cutoff=LATER[4], version="2")]

    verdict, words = said_of(parts, MATURE, production(), newer)

    assert verdict == "not enough data"
    assert words.startswith("Version 1 was replaced. Version 2: not enough data.")


def test_without_scores_nothing_is_known() -> None:
    assert said_of([], MATURE) == ("not enough data", NOBODY)


def test_what_is_compared_are_the_tested_metrics_where_both_are_known() -> None:
    watch = Watch([*came(MIXED), cohort(SAID, cutoff=LATER[4])], {"1": production()}, jury())
    (state,) = watch.states(MATURE + timedelta(days=7))

    found = compared(watch, state)

    assert [day for day, _ in found] == [day for day in LATER[:3] for _ in range(3)]
    assert sum(is_off for _, is_off in found) >= 6
