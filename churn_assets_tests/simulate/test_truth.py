from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from churn_assets.cutoffs import DAY, epoch_ms
from churn_assets.errors import SettingsError
from churn_assets.simulate import Change, World, true_probabilities, write_truth
from churn_assets.simulate.days import days_of
from churn_assets.simulate.listeners import draw_traits, user_id
from churn_assets_tests.simulate.conftest import SMALL, Log
from churn_assets_tests.simulate.tiny import FRIDAY

WORLD = World(first_day=FRIDAY, seed=21, listeners=2_500, days=60)
CUTOFF = FRIDAY + timedelta(days=30)


@pytest.fixture(scope="module")
def outcomes() -> pd.DataFrame:
    """The truth at one cut-off beside what came of it: `churned` and `recency_days`."""
    times: dict[str, list[int]] = defaultdict(list)
    for day in days_of(WORLD, *draw_traits(WORLD)):
        for listener, ts in zip(day.events.listener.tolist(), day.events.ts.tolist(), strict=True):
            times[user_id(listener)].append(ts)
    t = epoch_ms(CUTOFF)
    truth = true_probabilities(WORLD, [CUTOFF])
    last = truth.user_id.map(lambda user: max(ts for ts in times[user] if ts < t))
    churned = truth.user_id.map(lambda user: not any(t <= ts < t + 30 * DAY for ts in times[user]))
    return truth.assign(churned=churned.astype(float), recency_days=(t - last) / DAY)


def auc(score: "pd.Series[float]", churned: "pd.Series[float]") -> float:
    """Probability that a churned listener scores above one who stays."""
    ranks, positives = score.rank(), churned.sum()
    area = ranks[churned == 1].sum() - positives * (positives + 1) / 2
    return float(area / (positives * (len(churned) - positives)))


def spread(probability: "pd.Series[float]") -> float:
    """Standard error of an observed rate whose chances are `probability`."""
    return float(np.sqrt((probability * (1 - probability)).sum()) / len(probability))


def test_as_many_churn_as_the_truth_expects(outcomes: pd.DataFrame) -> None:
    probability = outcomes.churn_probability

    assert outcomes.churned.mean() == pytest.approx(probability.mean(), abs=3 * spread(probability))
    assert 0.08 < probability.mean() < 0.16


@pytest.mark.parametrize(("low", "high"), [(0, 0.02), (0.02, 0.05), (0.05, 0.1), (0.1, 0.2), (0.2, 0.5), (0.5, 1)])
def test_the_truth_is_calibrated_in_every_range(outcomes: pd.DataFrame, low: float, high: float) -> None:
    chosen = outcomes[outcomes.churn_probability.between(low, high, inclusive="left")]

    expected = chosen.churn_probability.mean()

    assert len(chosen) > 50
    assert chosen.churned.mean() == pytest.approx(expected, abs=3.5 * spread(chosen.churn_probability))


def test_recency_is_decent_and_the_truth_far_better(outcomes: pd.DataFrame) -> None:
    by_recency = auc(outcomes.recency_days, outcomes.churned)
    by_truth = auc(outcomes.churn_probability, outcomes.churned)

    assert 0.70 < by_recency < 0.85
    assert by_recency + 0.05 < by_truth < 0.92


def test_at_risk_is_who_was_heard_of_in_thirty_days(outcomes: pd.DataFrame) -> None:
    assert outcomes.user_id.is_unique
    assert 0 < outcomes.recency_days.min() < outcomes.recency_days.max() <= 30


def test_who_cancelled_is_not_at_risk(small_log: Log) -> None:
    cutoff = SMALL.first_day + timedelta(days=SMALL.days)
    cancelled = {row["userId"] for row in small_log.events if row["page"] == "Cancellation Confirmation"}

    at_risk = set(true_probabilities(SMALL, [cutoff]).user_id)

    assert cancelled
    assert not cancelled & at_risk


def test_at_risk_are_the_listeners_of_the_written_log(small_log: Log) -> None:
    cutoff = SMALL.first_day + timedelta(days=30)
    seen = {row["userId"] for row in small_log.events if row["ts"] < epoch_ms(cutoff)}

    at_risk = set(true_probabilities(SMALL, [cutoff]).user_id)

    assert at_risk <= seen
    assert len(at_risk) > 0.9 * len(seen)


def test_rows_are_sorted_and_typed() -> None:
    cutoffs = [FRIDAY + timedelta(days=number) for number in (5, 3)]

    truth = true_probabilities(SMALL, cutoffs)

    assert list(truth.columns) == ["user_id", "cutoff", "churn_probability"]
    assert truth.cutoff.is_monotonic_increasing
    assert truth.cutoff.unique().tolist() == [pd.Timestamp(day) for day in sorted(cutoffs)]
    assert truth.churn_probability.between(0, 1).all()


def test_no_cut_offs_give_no_rows() -> None:
    truth = true_probabilities(SMALL, [])

    assert truth.empty
    assert list(truth.columns) == ["user_id", "cutoff", "churn_probability"]


def test_the_truth_depends_neither_on_later_days_nor_on_defects() -> None:
    cutoff = SMALL.first_day + timedelta(days=4)
    other = replace(SMALL, days=10, late_share=0.0, duplicate_share=0.0, has_visitors=False)

    pd.testing.assert_frame_equal(true_probabilities(SMALL, [cutoff]), true_probabilities(other, [cutoff]))


def test_a_longer_horizon_is_less_often_silent() -> None:
    cutoff = SMALL.first_day + timedelta(days=20)

    week, month = (true_probabilities(SMALL, [cutoff], horizon_days=days).churn_probability for days in (7, 30))

    assert (week >= month).all()
    assert week.mean() > 2 * month.mean()


def test_a_shorter_look_back_leaves_fewer_at_risk() -> None:
    cutoff = SMALL.first_day + timedelta(days=30)

    week, month = (set(true_probabilities(SMALL, [cutoff], at_risk_days=days).user_id) for days in (7, 30))

    assert week < month


def test_a_concept_shift_that_comes_turns_the_truth_of_many_around() -> None:
    cutoffs = [SMALL.first_day + timedelta(days=20)]
    shifted = replace(SMALL, changes=(Change(cutoffs[0], concept=1.0),))

    usual, risen = (true_probabilities(world, cutoffs).churn_probability for world in (SMALL, shifted))

    assert (risen > usual + 0.02).mean() > 0.15
    assert (risen < usual - 0.02).mean() > 0.15


def test_a_covariate_shift_leaves_the_truth_alone() -> None:
    cutoffs = [SMALL.first_day + timedelta(days=20)]
    shifted = replace(SMALL, changes=(Change(cutoffs[0], covariate=1.0),))

    pd.testing.assert_frame_equal(true_probabilities(SMALL, cutoffs), true_probabilities(shifted, cutoffs))


@pytest.mark.parametrize("cutoff", [FRIDAY, FRIDAY - timedelta(days=1), FRIDAY + timedelta(days=36)])
def test_a_cut_off_outside_the_world_is_refused_with_the_ones_that_are_not(cutoff: date) -> None:
    with pytest.raises(
        SettingsError, match=f"{cutoff} lies outside this world: give one from 2026-01-03 to 2026-02-06"
    ):
        true_probabilities(SMALL, [cutoff])


def test_the_truth_is_kept_as_parquet(tmp_path: Path) -> None:
    cutoffs = [SMALL.first_day + timedelta(days=10)]

    path = write_truth(SMALL, tmp_path / "truth", cutoffs)

    assert [file.name for file in path.parent.iterdir()] == ["truth.parquet"]
    pd.testing.assert_frame_equal(pd.read_parquet(path), true_probabilities(SMALL, cutoffs))
