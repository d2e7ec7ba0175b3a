from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest

from churn_assets.cutoffs import DAY, HOUR, MINUTE
from churn_assets.simulate import Change, World
from churn_assets.simulate.agents import DESKTOP_AGENTS
from churn_assets.simulate.days import Day, days_of
from churn_assets.simulate.events import Events
from churn_assets.simulate.listeners import Traits, draw_traits
from churn_assets.simulate.pages import Page
from churn_assets_tests.simulate.tiny import FRIDAY

WORLD = World(first_day=FRIDAY, seed=6, listeners=400, days=28)


def lived(world: World) -> list[Day]:
    return list(days_of(world, *draw_traits(world)))


def of_listeners(days: list[Day]) -> Events:
    events = Events.joined([day.events for day in days])
    return events.take(events.listener >= 0)


@pytest.fixture(scope="module")
def days() -> list[Day]:
    return lived(WORLD)


def test_sessions_start_on_their_day_and_some_run_past_midnight(days: list[Day]) -> None:
    for day in days:
        first = day.events.take(day.events.item == 0)
        assert ((first.ts >= day.today.midnight) & (first.ts < day.today.midnight + DAY)).all()

    assert sum((day.events.ts >= day.today.midnight + DAY).any() for day in days) > 10


def test_a_listener_s_sessions_never_overlap(days: list[Day]) -> None:
    spans: dict[tuple[int, int], list[int]] = defaultdict(list)
    events = of_listeners(days)
    for listener, session, ts in zip(
        events.listener.tolist(), events.session.tolist(), events.ts.tolist(), strict=True
    ):
        spans[listener, session].append(ts)

    by_listener: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for (listener, _), times in spans.items():
        by_listener[listener].append((min(times), max(times)))

    for sessions in by_listener.values():
        ordered = sorted(sessions)
        assert all(after[0] - before[1] >= 10 * MINUTE for before, after in pairwise(ordered))


def test_an_event_s_identity_is_its_own(days: list[Day]) -> None:
    events = of_listeners(days)

    keys = set(zip(events.listener.tolist(), events.session.tolist(), events.item.tolist(), strict=True))

    assert len(keys) == len(events)


def test_several_events_share_a_millisecond(days: list[Day]) -> None:
    events = of_listeners(days)

    moments = set(zip(events.listener.tolist(), events.ts.tolist(), strict=True))

    assert 0.0005 < 1 - len(moments) / len(events) < 0.05


def test_who_visited_is_who_shows_events(days: list[Day]) -> None:
    for day in days:
        seen = np.unique(day.events.listener[day.events.listener >= 0])

        assert np.flatnonzero(day.has_visited).tolist() == seen.tolist()


def test_newcomers_register_on_the_day_they_join(days: list[Day]) -> None:
    traits, _ = draw_traits(WORLD)
    events = of_listeners(days)

    registered = events.take(events.page == Page.SUBMIT_REGISTRATION.code)

    assert sorted(registered.listener.tolist()) == list(range(WORLD.listeners, len(traits)))
    assert (registered.ts - traits.joined[registered.listener] < MINUTE).all()


def test_nobody_is_heard_of_after_cancelling(days: list[Day]) -> None:
    events = of_listeners(days)
    cancelled = events.take(events.page == Page.CANCELLATION_CONFIRMATION.code)

    assert len(cancelled) > 0
    for listener, ts in zip(cancelled.listener, cancelled.ts, strict=True):
        assert events.ts[events.listener == listener].max() == ts


def test_nobody_is_heard_of_after_leaving_silently(days: list[Day]) -> None:
    for before, after in pairwise(days):
        gone = before.lives.is_gone

        assert not after.has_visited[: len(gone)][gone].any()


def test_plans_change_only_when_they_are_submitted(days: list[Day]) -> None:
    submits = (Page.SUBMIT_UPGRADE.code, Page.SUBMIT_DOWNGRADE.code)

    changed = sum(int((day.was_paid != day.lives.is_paid).sum()) for day in days)
    submitted = int(np.isin(of_listeners(days).page, submits).sum())

    assert 0 < changed <= submitted


def test_days_are_busier_than_nights(days: list[Day]) -> None:
    hours = np.bincount(of_listeners(days).ts % DAY // HOUR, minlength=24)

    assert hours.max() > 4 * hours.min() > 0


def test_the_same_world_lives_the_same_days(days: list[Day]) -> None:
    again = lived(WORLD)

    assert all((one.events.ts == other.events.ts).all() for one, other in zip(days, again, strict=True))


def test_another_seed_lives_otherwise(days: list[Day]) -> None:
    other = lived(replace(WORLD, seed=7, days=2))

    assert len(other[0].events) != len(days[0].events)


def desktop_share(days: list[Day], traits: Traits) -> float:
    events = of_listeners(days)
    agents = traits.agents[events.listener, events.look % 2]
    return float((agents < len(DESKTOP_AGENTS)).mean())


def test_a_covariate_shift_changes_devices_homes_and_length_but_not_who_visits(days: list[Day]) -> None:
    day = FRIDAY + timedelta(days=14)
    traits, _ = draw_traits(WORLD)

    shifted = lived(replace(WORLD, changes=(Change(day, covariate=1.0),)))

    assert all((one.events.ts == other.events.ts).all() for one, other in zip(days[:14], shifted[:14], strict=True))
    assert desktop_share(shifted[14:], traits) < 0.6 * desktop_share(days[14:], traits)
    assert len(of_listeners(shifted[14:])) < 0.75 * len(of_listeners(days[14:]))
    assert (of_listeners(days).look < 2).all()
    assert 0.3 < (of_listeners(shifted[14:]).look >= 2).mean() < 0.7


def test_a_concept_shift_drives_payers_away() -> None:
    world = replace(WORLD, listeners=3_000, days=20)

    def gone(world: World) -> tuple[float, float]:
        last = lived(world)[-1]
        return float(last.lives.is_gone[last.was_paid].mean()), float(last.lives.is_gone[~last.was_paid].mean())

    usual, risen = gone(world), gone(replace(world, changes=(Change(FRIDAY, concept=1.0),)))

    assert risen[0] > 2 * usual[0]
    assert risen[1] < usual[1]
