from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churn_assets.cutoffs import HOUR, MINUTE
from churn_assets.simulate.behaviour import Satisfaction
from churn_assets.simulate.events import Events
from churn_assets.simulate.pages import PAGES, Page
from churn_assets.simulate.sessions import LONGEST_SESSION, Played, play
from churn_assets.simulate.visits import Visits
from churn_assets_tests.simulate.tiny import NOON, flags, paid, some_visits, whole

MANY = 3_000


def played(visits: Visits, seed: int = 4) -> Played:
    return play(visits, np.random.default_rng(seed), first_session=100)


def pages_of(events: Events) -> list[Page]:
    return [PAGES[code] for code in events.page.tolist()]


def rows_of(result: Played, page: Page) -> Events:
    return result.events.take(result.events.page == page.code)


@given(st.integers(1, 12), st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_every_visit_leaves_rows_of_its_listener_in_order(count: int, seed: int) -> None:
    visits = replace(some_visits(count), is_new=np.arange(count) % 2 == 0)

    result = played(visits, seed)

    own = result.events.take(result.events.listener >= 0)
    assert set(own.listener.tolist()) == set(range(count))
    for listener in range(count):
        mine = own.take(own.listener == listener)
        assert (np.diff(mine.item) > 0).all()
        assert (np.diff(mine.ts) >= 0).all()
        assert mine.ts[0] >= NOON
        assert mine.ts[-1] <= result.end[listener]


def test_items_count_all_rows_of_a_visit_from_zero() -> None:
    result = played(replace(some_visits(), is_new=flags(1, True)))

    assert result.events.item.tolist() == list(range(len(result.events)))


def test_two_visits_share_a_session_id_and_their_listeners_tell_them_apart() -> None:
    events = played(some_visits(5)).events

    shared = {int(session): set(events.listener[events.session == session].tolist()) for session in events.session}

    assert shared == {100: {0, 1}, 101: {2, 3}, 102: {4}}


def test_a_newcomer_registers_first() -> None:
    result = played(replace(some_visits(), is_new=flags(1, True)))

    arrival = pages_of(result.events)[:4]

    assert arrival == [Page.GUEST_HOME, Page.GUEST_REGISTER, Page.SUBMIT_REGISTRATION, Page.HOME]
    assert result.events.listener[:4].tolist() == [-1, -1, 0, 0]


def test_who_logs_out_has_to_log_in() -> None:
    visits = some_visits(MANY)
    always = replace(visits, who=replace(visits.who, logs_out=np.ones(MANY)))

    result = played(always)

    logins, logouts = rows_of(result, Page.VISITOR_LOGIN), rows_of(result, Page.LOGOUT)
    assert len(logins) == MANY
    assert (logins.listener == -1).all()
    assert len(logouts) == MANY - result.is_cancelled.sum()


def test_songs_follow_each_other_and_never_run_on_for_ever() -> None:
    visits = some_visits(200)
    tireless = replace(visits, who=replace(visits.who, songs=np.full(200, 5_000.0)))

    result = played(tireless)

    lasted = result.end - NOON
    assert 4 * HOUR < lasted.max() < LONGEST_SESSION + HOUR
    assert len(rows_of(result, Page.NEXT_SONG)) > 200 * 50


@pytest.mark.parametrize("covariate", [0.0, 1.0])
def test_sessions_are_shorter_for_the_fed_up_and_after_a_covariate_shift(covariate: float) -> None:
    usual, fed_up = some_visits(MANY, Satisfaction.CONTENT), some_visits(MANY, Satisfaction.FED_UP)

    shifted = [len(played(replace(visits, covariate=covariate)).events) for visits in (usual, fed_up)]

    assert shifted[1] < 0.8 * shifted[0]
    assert shifted[0] < len(played(usual).events) * (1.01 - 0.3 * covariate)


def test_an_upgrade_is_asked_for_then_done_and_shows_from_then_on() -> None:
    result = played(some_visits(MANY, Satisfaction.DELIGHTED))
    changed = np.flatnonzero(result.is_paid)

    submits = rows_of(result, Page.SUBMIT_UPGRADE)

    assert sorted(submits.listener.tolist()) == changed.tolist() != []
    assert (submits.plan == 0).all()
    for listener, ts in zip(submits.listener, submits.ts, strict=True):
        mine = result.events.take(result.events.listener == listener)
        assert mine.plan.tolist() == (mine.ts > ts).astype(int).tolist()
        assert Page.UPGRADE in pages_of(mine)


def test_the_fed_up_downgrade_and_cancel() -> None:
    result = played(paid(some_visits(MANY, Satisfaction.FED_UP)))

    assert len(rows_of(result, Page.SUBMIT_DOWNGRADE)) == (~result.is_paid).sum() > 50
    assert len(rows_of(result, Page.CANCEL)) == result.is_cancelled.sum() > 50


def test_cancelling_is_the_last_that_is_heard_of_a_listener() -> None:
    result = played(some_visits(MANY, Satisfaction.FED_UP))

    confirmed = rows_of(result, Page.CANCELLATION_CONFIRMATION)

    assert sorted(confirmed.listener.tolist()) == np.flatnonzero(result.is_cancelled).tolist()
    assert (confirmed.ts == result.end[confirmed.listener]).all()


def test_only_songs_carry_a_song() -> None:
    events = played(some_visits(50)).events

    assert ((events.song >= 0) == (events.page == Page.NEXT_SONG.code)).all()


def test_listeners_keep_to_their_genres() -> None:
    songs = rows_of(played(some_visits(100)), Page.NEXT_SONG).song

    assert set((songs // 1_000).tolist()) == {0, 1}


def test_no_song_is_not_no_visit() -> None:
    result = played(some_visits(MANY))

    first = result.events.take(result.events.item == 0)

    assert len(first) == MANY
    assert (result.end >= whole(MANY, NOON)).all()
    assert (result.end < NOON + LONGEST_SESSION + 5 * MINUTE).all()
