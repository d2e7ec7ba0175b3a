from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_assets.cutoffs import DAY
from churn_assets.simulate.agents import AGENTS, DESKTOP_AGENTS
from churn_assets.simulate.behaviour import Ints
from churn_assets.simulate.listeners import LATEST_START, Traits, draw_traits, user_id
from churn_assets.simulate.places import FIRST_WESTERN, PLACES
from churn_assets.simulate.world import World
from churn_assets_tests.simulate.tiny import MIDNIGHT, some_traits

WORLD = World(first_day=date(2026, 1, 2), seed=5, listeners=2_000, days=20)


@pytest.fixture(scope="module")
def crowd() -> tuple[Traits, Ints]:
    return draw_traits(WORLD)


def test_founders_signed_up_before_the_first_day(crowd: tuple[Traits, Ints]) -> None:
    traits, _ = crowd

    is_founder = traits.joined < WORLD.first_ms

    assert is_founder.sum() == WORLD.listeners
    assert is_founder[: WORLD.listeners].all()


def test_the_service_grows_a_little_every_day(crowd: tuple[Traits, Ints]) -> None:
    traits, present = crowd

    assert len(present) == WORLD.days
    assert (np.diff(present) >= 0).all()
    assert present[-1] == len(traits) > WORLD.listeners + 60


def test_newcomers_are_present_from_the_day_of_their_sign_up(crowd: tuple[Traits, Ints]) -> None:
    traits, present = crowd
    joined_on = (traits.joined - WORLD.first_ms) // DAY

    for number, count in enumerate(present.tolist()):
        assert (joined_on[:count] <= number).all()
        assert (joined_on[count:] > number).all()


def test_nobody_signs_up_too_late_in_the_day_to_listen(crowd: tuple[Traits, Ints]) -> None:
    newcomers = crowd[0].joined[WORLD.listeners :]

    assert ((newcomers - WORLD.first_ms) % DAY <= LATEST_START).all()


def test_a_few_registrations_are_later_than_the_first_event(crowd: tuple[Traits, Ints]) -> None:
    traits, _ = crowd

    is_wrong = traits.registration != traits.joined

    assert 0.01 < is_wrong.mean() < 0.04
    assert (traits.registration[is_wrong] > np.maximum(traits.joined, WORLD.first_ms)[is_wrong]).all()


def test_homes_and_agents_are_places_in_their_lists(crowd: tuple[Traits, Ints]) -> None:
    traits, _ = crowd

    assert traits.homes.max() < len(PLACES)
    assert (traits.homes[:, 1] >= FIRST_WESTERN).all()
    assert traits.agents.max() < len(AGENTS)
    assert (traits.agents[:, 1] >= len(DESKTOP_AGENTS)).all()


def test_listeners_differ_in_how_much_they_listen(crowd: tuple[Traits, Ints]) -> None:
    rate = crowd[0].rate

    assert np.quantile(rate, 0.9) > 4 * np.quantile(rate, 0.1)
    assert rate.min() > 0


def test_a_longer_world_begins_with_the_same_listeners() -> None:
    longer = World(first_day=WORLD.first_day, seed=WORLD.seed, listeners=WORLD.listeners, days=25)

    (some, present), (more, longer_present) = draw_traits(WORLD), draw_traits(longer)

    assert longer_present[: WORLD.days].tolist() == present.tolist()
    assert more.rate[: len(some)].tolist() == some.rate.tolist()
    assert more.registration[: len(some)].tolist() == some.registration.tolist()


def test_a_slice_of_traits_is_a_view() -> None:
    traits = some_traits(3)

    first = traits.take(slice(2))

    assert len(first) == 2
    assert np.shares_memory(first.rate, traits.rate)


def test_tenure_counts_whole_days_and_is_negative_before_the_sign_up() -> None:
    traits = some_traits()

    days = [int(traits.tenure_days(MIDNIGHT + shift)[0]) for shift in (0, DAY - 1, -100 * DAY - 1)]

    assert days == [100, 100, -1]


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_user_ids_tell_listeners_apart(one: int, other: int) -> None:
    assert (user_id(one) == user_id(other)) == (one == other)
