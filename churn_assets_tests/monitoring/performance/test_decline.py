"""The verdict on literal cohorts: what is a drop, what is none, and what the looks cost."""

from collections.abc import Sequence
from dataclasses import replace
from math import fsum

import numpy as np
import pytest

from churn_assets.monitoring.performance.cohort import Cohort
from churn_assets.monitoring.performance.decline import MOST_CUTOFFS, Decline
from churn_assets.monitoring.performance.production import Production
from churn_assets.monitoring.performance.resampled import TESTED
from churn_assets.training.arrays import Floats
from churn_assets.training.bootstrap import Interval
from churn_assets_tests.monitoring.performance.cohorts import (
    LATER,
    cohort,
    drawn,
    jury,
    probabilities,
    production,
)
from churn_assets_tests.monitoring.performance.cohorts import (
    TESTED as TESTED_CUTOFFS,
)

LISTENERS = 900


def matured(truth: Sequence[Floats], *, said: Floats | None = None) -> list[Cohort]:
    """A cohort a cut-off: everywhere the same is said, and what happens goes with `truth`."""
    told = probabilities(LISTENERS) if said is None else said
    return [cohort(told, drawn(chance, seed=100 + place), cutoff=LATER[place]) for place, chance in enumerate(truth)]


def judged(parts: Sequence[Cohort], promised: Production | None = None) -> Decline:
    """The verdict on cohorts that are enough for one."""
    found = jury().judge(parts, production() if promised is None else promised)
    assert found is not None
    return found


SAID = probabilities(LISTENERS)
MIXED = np.random.default_rng(9).permutation(SAID)
"""As many churners as were expected, but others."""


def test_outcomes_that_go_with_the_probabilities_are_no_drop() -> None:
    verdict = judged(matured([SAID] * 4))

    assert not verdict.is_drop
    assert set(verdict.trials) == set(TESTED)
    assert verdict.cutoffs == LATER[:4]


def test_a_lost_order_drops_auc_and_log_loss_but_not_the_base_rate() -> None:
    verdict = judged(matured([MIXED] * 3))

    dropped = {metric for metric, trial in verdict.trials.items() if trial.p_value <= 0.05}
    assert dropped == {"roc_auc", "log_loss"}


@pytest.mark.parametrize("factor", [0.4, 1.8])
def test_a_moved_base_rate_is_a_drop_either_way_though_the_order_holds(factor: float) -> None:
    verdict = judged(matured([np.clip(SAID * factor, 0, 1)] * 3))

    assert verdict.trials["base_rate"].p_value <= 0.05
    assert verdict.trials["roc_auc"].p_value > 0.05
    assert verdict.is_drop


def test_fewer_churners_make_a_better_log_loss_so_that_only_the_base_rate_tells() -> None:
    verdict = judged(matured([SAID * 0.4] * 3))

    trial = verdict.trials["log_loss"]
    assert trial.current < trial.production
    assert trial.p_value == 1.0


def test_harder_listeners_are_no_drop_while_the_probabilities_know_it() -> None:
    hard = 0.2 + 0.1 * (probabilities(LISTENERS, seed=4) - 0.14)
    parts = matured([hard] * 4, said=hard)
    verdict = judged(parts)

    trials = verdict.trials
    assert trials["roc_auc"].current < trials["roc_auc"].production - 0.1
    assert trials["log_loss"].current > trials["log_loss"].production + 0.05
    assert not verdict.is_drop


def test_a_model_that_was_off_from_the_first_day_has_not_dropped() -> None:
    off = replace(production(auc=0.5, log_loss=0.6, base_rate=0.14), expected_rate=0.14)

    assert not judged(matured([MIXED] * 3), off).is_drop


def test_a_loss_too_small_to_matter_is_no_drop_however_sure_it_is() -> None:
    many = probabilities(60_000)
    slightly = [np.clip(many * 1.05, 0, 1)] * 2
    parts = [cohort(many, drawn(chance, seed=n), cutoff=LATER[n]) for n, chance in enumerate(slightly)]
    exact = production(base_rate=float(many.mean()), error=1e-4)

    verdict = judged(parts, exact)

    gap = verdict.trials["base_rate"].current - verdict.trials["base_rate"].expected
    assert gap > 3 * np.sqrt(0.12 / 120_000)
    assert verdict.trials["base_rate"].p_value == 1.0


def test_an_unsure_promotion_test_makes_an_unsure_verdict() -> None:
    parts = matured([MIXED] * 2)

    sure, unsure = (judged(parts, production(error=error)).trials["roc_auc"].p_value for error in (0.001, 0.2))

    assert sure < 0.05 < unsure


def test_fewer_than_two_later_cutoffs_are_not_enough() -> None:
    assert jury().judge(matured([MIXED]), production()) is None
    assert jury().judge([], production()) is None


def test_the_promotion_test_itself_is_not_looked_at() -> None:
    own = [cohort(SAID, drawn(MIXED, seed=day.day), cutoff=day) for day in TESTED_CUTOFFS]

    assert jury().judge(own, production()) is None
    assert jury().judge([*own, *matured([MIXED])], production()) is None
    assert judged([*own, *matured([SAID] * 2)]).cutoffs == LATER[:2]


def test_too_few_expected_churners_are_not_enough() -> None:
    few = probabilities(40)

    assert jury().judge([cohort(few, drawn(few, seed=n), cutoff=LATER[n]) for n in range(2)], production()) is None


def test_only_the_newest_cutoffs_are_looked_at() -> None:
    verdict = judged(matured([MIXED] * 4 + [SAID] * MOST_CUTOFFS))

    assert verdict.cutoffs == LATER[4 : 4 + MOST_CUTOFFS]
    assert not verdict.is_drop


def test_all_looks_together_spend_no_more_than_the_level() -> None:
    assert fsum(1 / (look * (look + 1)) for look in range(1, 100_000)) <= 1


def test_a_later_look_asks_for_stronger_evidence() -> None:
    first, third = judged(matured([MIXED] * 2)), judged(matured([MIXED] * 4))
    again = judged(
        [*matured([SAID] * 6), *[replace(p, cutoff=LATER[6 + n]) for n, p in enumerate(matured([SAID] * 2))]]
    )

    assert (first.look, third.look, again.look) == (1, 3, 7)


def test_looks_are_counted_on_where_the_report_no_longer_sees_the_first_cutoffs() -> None:
    late = [replace(part, cutoff=LATER[12 + place]) for place, part in enumerate(matured([SAID] * 3))]

    counted = judged(late).look

    assert counted > judged(matured([SAID] * 3)).look
    assert counted <= judged(matured([SAID] * 15)).look


def test_another_look_at_the_same_evidence_multiplies_the_p_value() -> None:
    slightly = matured([SAID, *[0.45 * SAID + 0.55 * MIXED] * MOST_CUTOFFS])

    third, fourth = judged(slightly[1:]), judged(slightly)

    assert third.cutoffs == fourth.cutoffs
    assert 0 < third.trials["roc_auc"].p_value < 0.5
    assert fourth.trials["roc_auc"].p_value == pytest.approx(third.trials["roc_auc"].p_value * (4 * 5) / (3 * 4))


def test_nobody_churned_leaves_the_auc_out_and_the_base_rate_in() -> None:
    silent = [cohort(SAID, np.zeros(LISTENERS, dtype=bool), cutoff=LATER[n]) for n in range(2)]

    verdict = judged(silent)

    assert verdict.trials["roc_auc"].p_value == 1.0
    assert verdict.trials["base_rate"].p_value < 0.001


def test_a_metric_that_the_promotion_test_lacks_is_no_drop() -> None:
    lacking = replace(
        production(), measured={**production().measured, ("churned", "roc_auc"): Interval(None, None, None)}
    )

    assert judged(matured([MIXED] * 2), lacking).trials["roc_auc"].p_value == 1.0


def test_the_verdict_is_the_same_each_time_and_does_not_depend_on_the_order_of_rows() -> None:
    parts = matured([MIXED] * 2)
    turned = [replace(part, rows=part.rows.iloc[::-1].reset_index(drop=True)) for part in parts]

    one, same, other = judged(parts), judged(parts), judged(turned)

    assert one == same
    for metric in TESTED:
        assert other.trials[metric].p_value == pytest.approx(one.trials[metric].p_value)
