from dataclasses import replace

import numpy as np
import pytest

from churn_assets.cutoffs import MINUTE
from churn_assets.simulate.behaviour import Satisfaction
from churn_assets.simulate.pages import PAGES, Page
from churn_assets.simulate.reactions import reactions
from churn_assets.simulate.visits import Songs, Visits
from churn_assets_tests.simulate.tiny import NOON, paid, some_visits, whole

PLAYS = 60_000


def shares(visits: Visits) -> dict[Page, float]:
    """How often each page follows on a song."""
    songs = Songs(whole(PLAYS, 0), whole(PLAYS, NOON), whole(PLAYS, 200_000), whole(PLAYS, 7))
    rows = reactions(visits, songs, np.random.default_rng(2))
    codes = np.concatenate([part.page for part in rows])
    return {page: float((codes == page.code).mean() * len(codes) / PLAYS) for page in PAGES}


@pytest.fixture(scope="module")
def by_satisfaction() -> dict[Satisfaction, dict[Page, float]]:
    return {level: shares(some_visits(satisfaction=level)) for level in Satisfaction}


@pytest.mark.parametrize("page", [Page.THUMBS_UP, Page.ADD_TO_PLAYLIST, Page.ADD_FRIEND, Page.UPGRADE])
def test_the_satisfied_do_more_of_what_is_good(
    by_satisfaction: dict[Satisfaction, dict[Page, float]], page: Page
) -> None:
    assert by_satisfaction[Satisfaction.DELIGHTED][page] > 2 * by_satisfaction[Satisfaction.FED_UP][page] > 0


@pytest.mark.parametrize("page", [Page.THUMBS_DOWN, Page.ROLL_ADVERT, Page.ERROR, Page.HELP])
def test_the_dissatisfied_meet_more_of_what_is_bad(
    by_satisfaction: dict[Satisfaction, dict[Page, float]], page: Page
) -> None:
    assert by_satisfaction[Satisfaction.FED_UP][page] > 2 * by_satisfaction[Satisfaction.DELIGHTED][page] > 0


def test_most_songs_are_just_heard(by_satisfaction: dict[Satisfaction, dict[Page, float]]) -> None:
    assert all(0.05 < sum(pages.values()) < 0.5 for pages in by_satisfaction.values())


def test_payers_hear_no_adverts_and_look_at_downgrading() -> None:
    free, payer = shares(some_visits()), shares(paid(some_visits()))

    assert payer[Page.ROLL_ADVERT] == payer[Page.UPGRADE] == free[Page.DOWNGRADE] == 0
    assert min(free[Page.ROLL_ADVERT], free[Page.UPGRADE], payer[Page.DOWNGRADE]) > 0


def test_the_silent_type_shows_no_thumbs() -> None:
    visits = some_visits()
    silent = replace(visits, who=replace(visits.who, chattiness=np.zeros(1)))

    pages = shares(silent)

    assert pages[Page.THUMBS_UP] == pages[Page.ADD_FRIEND] == 0
    assert pages[Page.ROLL_ADVERT] > 0


def test_settings_are_saved_only_after_they_were_opened() -> None:
    pages = shares(some_visits())

    assert 0 < pages[Page.SAVE_SETTINGS] < pages[Page.SETTINGS]


def test_a_reaction_comes_within_a_minute_and_at_times_in_the_same_millisecond() -> None:
    songs = Songs(whole(PLAYS, 0), whole(PLAYS, NOON), whole(PLAYS, 200_000), whole(PLAYS, 7))

    reacted, _ = reactions(some_visits(), songs, np.random.default_rng(2))

    delay = reacted.ts - NOON
    assert ((delay >= 0) & (delay <= MINUTE)).all()
    assert 0.01 < (delay == 0).mean() < 0.1
