from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from churn_assets.errors import RetentionError
from churn_assets.retention.arms import Draw
from churn_assets.retention.effect import ArmOutcome, Effect, effect
from churn_assets_tests.retention.scored import CUTOFF, NEXT

WORLDS = 400
LISTENERS = 300


def listed(arms: list[str], *, cutoff: date = CUTOFF, campaign: str = "spring", first: int = 0) -> pd.DataFrame:
    """A list with these arms, of listeners named from `first` on; a kept one is worth 50, a call costs 2."""
    users = [str(first + n) for n in range(len(arms))]
    rows = {"cutoff": pd.Timestamp(cutoff), "user_id": users, "arm": arms, "campaign": campaign}
    return pd.DataFrame({**rows, "value": 50.0, "cost": 2.0})


def labels(churned: list[bool], *, cutoff: date = CUTOFF, cancelled: bool = False) -> pd.DataFrame:
    """Labels of listeners named from 0 on."""
    users = [str(n) for n in range(len(churned))]
    return pd.DataFrame({"cutoff": pd.Timestamp(cutoff), "user_id": users, "churned": churned, "cancelled": cancelled})


def measured(called: tuple[int, int], held_out: tuple[int, int]) -> Effect:
    """The effect where so many of so many left in both arms."""
    (left, calls), (gone, others) = called, held_out
    outcome = [True] * left + [False] * (calls - left) + [True] * gone + [False] * (others - gone)
    return effect(listed(["call"] * calls + ["hold_out"] * others), labels(outcome), campaign="spring")


def test_the_effect_is_the_difference_between_the_arms() -> None:
    found = measured((20, 100), (12, 40))

    assert (found.called, found.held_out) == (ArmOutcome(100, 20), ArmOutcome(40, 12))
    assert found.kept.value == pytest.approx(0.3 - 0.2)
    assert found.save_rate == pytest.approx(0.1 / 0.3)
    assert found.gain.value == pytest.approx(0.1 * 100 * 50 - 100 * 2)
    assert not found.is_shown


def test_the_interval_is_newcombes() -> None:
    found = measured((48, 80), (56, 70))

    # Newcombe (1998), Statistics in Medicine 17:873, table II (a), method 10: 56/70 - 48/80.
    assert (found.kept.low, found.kept.high) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert found.is_shown


@pytest.mark.parametrize(("called", "held_out"), [((0, 20), (0, 5)), ((20, 20), (5, 5)), ((0, 20), (5, 5))])
def test_extreme_arms_have_an_interval_as_well(called: tuple[int, int], held_out: tuple[int, int]) -> None:
    kept = measured(called, held_out).kept

    assert -1 <= kept.low <= kept.value <= kept.high <= 1
    assert kept.low < kept.high


def test_without_any_loss_among_the_hold_outs_the_save_rate_is_not_known() -> None:
    assert measured((1, 20), (0, 10)).save_rate is None


def test_each_listener_counts_once_with_their_first_list() -> None:
    lists = pd.concat([listed(["call", "hold_out"], cutoff=NEXT), listed(["call", "hold_out"])])
    outcomes = pd.concat([labels([False, True]), labels([True, False], cutoff=NEXT)])

    found = effect(lists, outcomes, campaign="spring")

    assert (found.called, found.held_out) == (ArmOutcome(1, 0), ArmOutcome(1, 1))


def test_lists_without_labels_wait() -> None:
    young = listed(["call", "hold_out"], cutoff=NEXT, first=2)

    found = effect(pd.concat([listed(["call", "hold_out"]), young]), labels([False, True]), campaign="spring")

    assert found.called.listeners + found.held_out.listeners == 2


def test_only_the_campaigns_own_lists_count() -> None:
    other = listed(["call"] * 5, campaign="summer", first=2)

    found = effect(pd.concat([listed(["call", "hold_out"]), other]), labels([False] * 7), campaign="spring")

    assert found.called.listeners == 1


def test_who_cancels_has_left_if_that_is_the_target() -> None:
    both, none = listed(["call", "hold_out"]), labels([False, False], cancelled=True)

    assert effect(both, none, campaign="spring", target="churned").held_out.left == 0
    assert effect(both, none, campaign="spring", target="churned_or_cancelled").held_out.left == 1


@pytest.mark.parametrize(
    ("lists", "outcomes", "why"),
    [
        (listed([]), labels([]), "No listener is on a list of the campaign 'spring'"),
        (listed(["call"], campaign="summer"), labels([True]), "No listener is on a list"),
        (
            listed(["call", "hold_out"]),
            labels([True, True], cutoff=NEXT),
            "has labels yet .the newest is of 2026-03-02",
        ),
        (listed(["call", "call"]), labels([True, False]), "in the arm hold_out"),
    ],
)
def test_nothing_to_compare_is_an_error_that_says_why(lists: pd.DataFrame, outcomes: pd.DataFrame, why: str) -> None:
    with pytest.raises(RetentionError, match=why):
        effect(lists, outcomes, campaign="spring")


def world(seed: int, *, save_rate: float) -> Effect:
    """A campaign of four weekly lists of a service where a call keeps `save_rate` of those about to leave."""
    random, draw = np.random.default_rng(seed), Draw(f"campaign {seed}", 7, 0.2)
    users = [f"{seed}-{n}" for n in range(LISTENERS)]
    arms = draw.arms(users)
    about_to_leave = random.random(LISTENERS) < random.beta(2, 3, LISTENERS)
    is_kept = (np.array(arms) == "call") & (random.random(LISTENERS) < save_rate)
    weeks = [pd.Timestamp(CUTOFF + timedelta(days=7 * int(week))) for week in random.integers(4, size=LISTENERS)]
    lists = pd.DataFrame({"cutoff": weeks, "user_id": users, "arm": arms, "campaign": "c", "value": 50.0, "cost": 2.0})
    outcomes = lists[["cutoff", "user_id"]].assign(churned=about_to_leave & ~is_kept, cancelled=False)
    return effect(lists, outcomes, campaign="c")


@pytest.mark.parametrize("save_rate", [0.0, 0.4])
def test_over_many_worlds_the_interval_covers_the_truth_as_often_as_it_says(save_rate: float) -> None:
    found = [world(seed, save_rate=save_rate) for seed in range(WORLDS)]

    truth = 0.4 * save_rate  # beta(2, 3) has the mean 0.4
    covered = sum(one.kept.low <= truth <= one.kept.high for one in found)
    mean = np.mean([one.kept.value for one in found])
    assert 0.92 <= covered / WORLDS <= 0.98
    assert mean == pytest.approx(truth, abs=0.012)
