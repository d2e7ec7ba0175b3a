"""The invented world is as varied as the real one: places, agents, names, songs."""

import json
import re

import numpy as np
import pytest

from churn_assets.simulate.agents import AGENTS, DESKTOP_AGENTS, MOBILE_AGENTS
from churn_assets.simulate.catalogue import (
    GENRES,
    LONGEST_S,
    SHORTEST_S,
    SONGS_A_GENRE,
    Catalogue,
    catalogue,
    favourite,
    popular,
)
from churn_assets.simulate.names import MEN, SURNAMES, WOMEN
from churn_assets.simulate.places import FIRST_WESTERN, PLACES


@pytest.fixture(scope="module")
def songs() -> Catalogue:
    return catalogue()


def written(songs: Catalogue) -> list[dict[str, str | float]]:
    return [json.loads("{" + text.removeprefix(",") + "}") for text in songs.fields]


def test_every_place_is_a_city_and_its_states() -> None:
    assert all(re.fullmatch(r"[^,]+, [A-Z]{2}(-[A-Z]{2})*", place.name) for place in PLACES)


@pytest.mark.parametrize("name", ["Louisville/Jefferson County, KY-IN", "San Francisco-Oakland-Hayward, CA"])
def test_the_awkward_places_of_real_logs_are_there(name: str) -> None:
    assert name in {place.name for place in PLACES}


def test_about_sixty_places_are_told_apart() -> None:
    assert len({place.name for place in PLACES}) == len(PLACES) >= 55


def test_the_west_comes_last() -> None:
    assert all(place.utc_offset <= -7 for place in PLACES[FIRST_WESTERN:])
    assert all(place.utc_offset > -7 for place in PLACES[:FIRST_WESTERN])


def test_some_agents_carry_literal_quotes_and_most_do_not() -> None:
    quoted = [agent for agent in AGENTS if agent.startswith('"') and agent.endswith('"')]

    assert 3 <= len(quoted) <= len(AGENTS) / 3


@pytest.mark.parametrize(
    "mark", ["Windows NT", "Macintosh", "X11; Linux", "CrOS", "Firefox/", "Edg/", "Trident/", "OPR/"]
)
def test_desktops_run_every_common_system_and_browser(mark: str) -> None:
    assert any(mark in agent for agent in DESKTOP_AGENTS)


@pytest.mark.parametrize("mark", ["iPhone", "iPad", "Android", "SM-T870", "CriOS", "Version/7.0"])
def test_phones_and_tablets_are_told_by_their_agents(mark: str) -> None:
    assert any(mark in agent for agent in MOBILE_AGENTS)
    assert not any(mark in agent for agent in DESKTOP_AGENTS if mark != "Version/7.0")


def test_names_are_plain_words() -> None:
    assert all(re.fullmatch(r"[A-Z][A-Za-z']+", name) for name in (*WOMEN, *MEN, *SURNAMES))


def test_every_song_has_an_artist_a_title_and_its_length(songs: Catalogue) -> None:
    rows = written(songs)

    assert len(rows) == len(songs) == GENRES * SONGS_A_GENRE
    assert all(list(row) == ["artist", "song", "length"] for row in rows)
    assert [row["length"] for row in rows] == songs.length_s.tolist()


def test_song_lengths_are_those_of_real_songs(songs: Catalogue) -> None:
    assert SHORTEST_S <= songs.length_s.min() < 60
    assert 1_000 < songs.length_s.max() <= LONGEST_S
    assert 220 < np.median(songs.length_s) < 250


@pytest.mark.parametrize("mark", ["Ã", '"', ",", "&", "(", "/"])
def test_texts_hold_what_breaks_careless_readers(songs: Catalogue, mark: str) -> None:
    assert any(mark in str(row["artist"]) + str(row["song"]) for row in written(songs))


def test_an_artist_has_several_songs(songs: Catalogue) -> None:
    artists = {row["artist"] for row in written(songs)}

    assert 1_000 < len(artists) < len(songs) / 5


def test_a_few_songs_are_far_more_popular_than_most() -> None:
    ranks = popular(np.random.default_rng(1).random(50_000))

    plays = np.bincount(ranks, minlength=SONGS_A_GENRE)

    assert plays[:10].sum() > 20 * plays[-10:].sum()
    assert ranks.max() < SONGS_A_GENRE


def test_favourites_are_popular_songs_of_a_listener_s_own() -> None:
    chance = np.linspace(0, 1, 101)

    own = favourite(chance, np.full(101, 990))

    assert own[0] == 990
    assert own.min() < 10
    assert own.max() < SONGS_A_GENRE
