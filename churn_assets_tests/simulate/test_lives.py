from dataclasses import replace

import numpy as np
import pytest

from churn_assets.simulate.behaviour import (
    FIRST_SATISFACTION,
    GOES_AWAY,
    NEXT_SATISFACTION,
    RETURNS,
    Satisfaction,
    Temper,
    leave_hazard,
)
from churn_assets.simulate.lives import Lives
from churn_assets.simulate.world import World
from churn_assets_tests.simulate.tiny import FRIDAY, MIDNIGHT, a_day, flags, some_lives, some_traits, whole

MANY = 40_000


def chance() -> np.random.Generator:
    return np.random.default_rng(11)


def test_the_first_day_finds_listeners_satisfied_to_various_degrees() -> None:
    lives = Lives.at_first(World(first_day=FRIDAY), some_traits(MANY))

    shares = np.bincount(lives.satisfaction) / MANY

    assert shares == pytest.approx(FIRST_SATISFACTION, abs=0.01)
    assert not (lives.is_away | lives.is_gone | lives.is_cancelled).any()


def test_more_listeners_do_not_change_the_first_ones() -> None:
    world = World(first_day=FRIDAY)

    few, many = (Lives.at_first(world, some_traits(count)).satisfaction for count in (10, 50))

    assert many[:10].tolist() == few.tolist()


def test_a_night_moves_satisfaction_as_the_chain_says() -> None:
    lives = some_lives(MANY, Satisfaction.BORED)

    lives.sleep_over(some_traits(MANY), a_day(), chance())

    moved = np.bincount(lives.satisfaction, minlength=4) / MANY
    assert moved == pytest.approx(NEXT_SATISFACTION[Temper.AVERAGE, Satisfaction.BORED], abs=0.003)


def test_a_night_sends_some_away_and_brings_some_back() -> None:
    lives = replace(some_lives(MANY), is_away=np.arange(MANY) < MANY // 2)

    lives.sleep_over(some_traits(MANY), a_day(), chance())

    assert lives.is_away[: MANY // 2].mean() == pytest.approx(1 - RETURNS, abs=0.006)
    assert lives.is_away[MANY // 2 :].mean() == pytest.approx(GOES_AWAY, abs=0.003)


@pytest.mark.parametrize("concept", [0.0, 1.0])
def test_a_night_takes_the_share_that_the_hazard_says(concept: float) -> None:
    lives = replace(some_lives(MANY, Satisfaction.FED_UP), is_paid=flags(MANY, True))

    lives.sleep_over(some_traits(MANY), a_day(concept=concept), chance())

    chain = NEXT_SATISFACTION[Temper.AVERAGE, Satisfaction.FED_UP]
    hazard = leave_hazard(np.array([True]), np.array([100]), concept)[0]
    assert lives.is_gone.mean() == pytest.approx(chain @ hazard, abs=0.002)


def test_nobody_returns_who_is_gone() -> None:
    lives = replace(some_lives(50), is_gone=flags(50, True))

    lives.sleep_over(some_traits(50), a_day(), chance())

    assert lives.is_gone.all()


def test_a_newcomer_s_first_night_is_still_to_come() -> None:
    newcomers = replace(some_traits(MANY), joined=whole(MANY, MIDNIGHT + 1))
    lives = some_lives(MANY, Satisfaction.FED_UP)

    lives.sleep_over(newcomers, a_day(), chance())

    assert (lives.satisfaction == Satisfaction.FED_UP).all()
    assert not (lives.is_away | lives.is_gone).any()


def test_what_happens_to_the_first_happens_to_all() -> None:
    lives = some_lives(5)

    lives.first(2).is_away[:] = True

    assert lives.is_away.tolist() == [True, True, False, False, False]


def test_a_copy_stays_as_it_was() -> None:
    lives = some_lives(2)

    kept = lives.copy()
    lives.is_gone[:] = True

    assert not kept.is_gone.any()
