from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churn_assets.cutoffs import DAY
from churn_assets.simulate import Change, World
from churn_assets.simulate.behaviour import (
    GOES_AWAY,
    NEXT_SATISFACTION,
    Floats,
    Satisfaction,
    Temper,
    leave_hazard,
    session_rate,
)
from churn_assets.simulate.days import days_of
from churn_assets.simulate.listeners import draw_traits
from churn_assets.simulate.observer import AWAY, GONE, LISTENING, Knowledge, silence_ahead, watch
from churn_assets_tests.simulate.tiny import FRIDAY, MIDNIGHT, flags, some_lives, some_traits, whole

WORLD = World(first_day=FRIDAY, seed=6, listeners=600, days=30)


def known(satisfaction: Satisfaction, presence: int = LISTENING, count: int = 1) -> Knowledge:
    """Listeners of whom an observer is certain on the morning of the first day."""
    return Knowledge(
        number=0,
        traits=some_traits(count),
        presence=np.tile(np.eye(3)[presence], (count, 1)),
        satisfaction=whole(count, satisfaction),
        is_paid=flags(count, False),
        is_cancelled=flags(count, False),
        last_seen=whole(count, MIDNIGHT - DAY),
        is_in_session=flags(count, False),
    )


def rarely(about: Knowledge) -> Knowledge:
    """The same listeners, if they opened a session every twenty days."""
    return replace(about, traits=replace(about.traits, rate=np.full(len(about.traits), 0.05)))


@pytest.fixture(scope="module")
def nights() -> list[Knowledge]:
    return list(watch(WORLD))


def test_one_day_ahead_is_what_paper_and_pencil_give() -> None:
    chain = NEXT_SATISFACTION[Temper.AVERAGE, Satisfaction.BORED]
    hazard = leave_hazard(np.array([False]), np.array([100]), 0.0)[0]
    silent = np.exp(-session_rate(np.array([1.0]), np.array([0.0]), 4)[0])
    by_hand = chain @ (hazard + (1 - hazard) * ((1 - GOES_AWAY) * silent + GOES_AWAY))

    ahead = silence_ahead(WORLD, known(Satisfaction.BORED), days=1)

    assert ahead == pytest.approx(by_hand)


@pytest.mark.parametrize("presence", [LISTENING, AWAY])
@pytest.mark.parametrize("satisfaction", [Satisfaction.FED_UP, Satisfaction.CONTENT])
def test_the_recursion_agrees_with_living_the_days_many_times(presence: int, satisfaction: Satisfaction) -> None:
    many, days = 20_000, 15
    about = rarely(known(satisfaction, presence, many))

    ahead = silence_ahead(WORLD, rarely(known(satisfaction, presence)), days=days)[0]

    share = float(_stays_silent(about, days).mean())
    assert share == pytest.approx(ahead, abs=4 * np.sqrt(ahead * (1 - ahead) / many))


def _stays_silent(about: Knowledge, days: int) -> Floats:
    """Who opens no session for `days` days, by living them."""
    chance, everybody = np.random.default_rng(12), np.arange(len(about.traits))
    lives = replace(
        some_lives(len(everybody)), satisfaction=about.satisfaction.copy(), is_away=about.presence[:, AWAY] > 0
    )
    is_silent = np.ones(len(everybody))
    for number in range(days):
        today = WORLD.today(number)
        lives.sleep_over(about.traits, today, chance)
        rate = session_rate(about.traits.rate, about.traits.weekend_habit, today.weekday)[everybody, lives.satisfaction]
        is_silent[(chance.poisson(rate) > 0) & ~lives.is_away & ~lives.is_gone] = 0
    return is_silent


def test_who_is_gone_stays_silent() -> None:
    assert silence_ahead(WORLD, known(Satisfaction.DELIGHTED, GONE), days=30) == pytest.approx(1)


def test_who_is_in_a_session_will_be_heard_of() -> None:
    in_session = replace(known(Satisfaction.FED_UP), is_in_session=flags(1, True))

    assert silence_ahead(WORLD, in_session, days=30).tolist() == [0.0]


@given(st.sampled_from(Satisfaction), st.integers(1, 40))
@settings(deadline=None, max_examples=20)
def test_silence_is_the_less_likely_the_longer_and_the_more_satisfied(satisfaction: Satisfaction, days: int) -> None:
    ahead = silence_ahead(WORLD, known(satisfaction), days=days)[0]

    assert silence_ahead(WORLD, known(satisfaction), days=days + 1)[0] < ahead
    if satisfaction < Satisfaction.DELIGHTED:
        assert silence_ahead(WORLD, known(Satisfaction(satisfaction + 1)), days=days)[0] < ahead


def test_a_price_rise_to_come_is_foreseen_for_payers() -> None:
    payer = replace(rarely(known(Satisfaction.DELIGHTED)), is_paid=flags(1, True))
    risen = replace(WORLD, changes=(Change(FRIDAY, concept=1.0),))

    assert silence_ahead(risen, payer, days=30)[0] > 1.2 * silence_ahead(WORLD, payer, days=30)[0]


def test_beliefs_are_probabilities(nights: list[Knowledge]) -> None:
    for night in nights:
        assert (night.presence >= 0).all()
        assert night.presence.sum(axis=1) == pytest.approx(1)


def test_who_was_just_heard_of_is_there_for_certain(nights: list[Knowledge]) -> None:
    last = nights[-1]
    today = last.last_seen >= WORLD.today(last.number).midnight - DAY // 2

    assert today.sum() > 10
    assert (last.presence[today, LISTENING] > 0.999).all()


def test_silence_speaks_against_a_listener_the_longer_it_lasts(nights: list[Knowledge]) -> None:
    last = nights[-1]
    silent_days = (WORLD.today(last.number).midnight - last.last_seen) / DAY

    shortly, long = (
        last.presence[(silent_days > low) & (silent_days <= high), GONE] for low, high in ((1, 4), (15, 30))
    )

    assert long.mean() > 5 * shortly.mean()


def test_as_many_are_gone_as_the_observer_believes(nights: list[Knowledge]) -> None:
    *_, day = days_of(WORLD, *draw_traits(WORLD))
    believed = nights[-1].presence[~day.lives.is_cancelled, GONE]

    gone = day.lives.is_gone[~day.lives.is_cancelled]

    error = np.sqrt((believed * (1 - believed)).sum()) / len(believed)
    assert gone.mean() == pytest.approx(believed.mean(), abs=3 * error)


def test_nights_are_numbered_and_grow_with_the_service(nights: list[Knowledge]) -> None:
    assert [night.number for night in nights] == list(range(1, WORLD.days + 1))
    assert all(len(one.traits) == len(one.last_seen) <= len(other.traits) for one, other in pairwise(nights))
