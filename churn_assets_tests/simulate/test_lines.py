from dataclasses import replace

import numpy as np
import orjson
import pytest

from churn_assets.simulate.agents import AGENTS
from churn_assets.simulate.events import Events
from churn_assets.simulate.lines import Writer
from churn_assets.simulate.pages import Page
from churn_assets.simulate.places import PLACES
from churn_assets_tests.simulate.conftest import Log
from churn_assets_tests.simulate.tiny import some_traits

PERSONAL = ["location", "userAgent", "lastName", "firstName", "registration", "gender"]
EVERYBODY = ["ts", "userId", "sessionId", "page", "auth", "method", "status", "level", "itemInSession"]
PLAY = ["artist", "song", "length"]


def one_row(page: Page, *, listener: int = 0, plan: int = 0, song: int = -1, look: int = 0) -> Events:
    values = (1_767_355_200_123, listener, 17, 4, page.code, plan, song, look)
    return Events(*(np.array([value]) for value in values))


def written(events: Events) -> dict[str, object]:
    (line,) = Writer(some_traits(3)).lines(events)
    row: dict[str, object] = orjson.loads(line)
    return row


def test_a_play_has_the_keys_of_a_real_log_in_their_order() -> None:
    row = written(one_row(Page.NEXT_SONG, song=0, plan=1))

    assert list(row) == [*EVERYBODY, *PERSONAL, *PLAY]


def test_a_row_says_what_happened() -> None:
    row = written(one_row(Page.THUMBS_UP, listener=2, plan=1))

    said = {key: row[key] for key in EVERYBODY}
    assert said == {
        "ts": 1_767_355_200_123,
        "userId": "1003",
        "sessionId": 17,
        "page": "Thumbs Up",
        "auth": "Logged In",
        "method": "PUT",
        "status": 307,
        "level": "paid",
        "itemInSession": 4,
    }


def test_what_is_no_play_has_no_song() -> None:
    assert list(written(one_row(Page.HOME))) == [*EVERYBODY, *PERSONAL]


def test_a_visitor_has_an_empty_id_and_nothing_personal() -> None:
    row = written(one_row(Page.VISITOR_LOGIN, listener=-1))

    assert list(row) == EVERYBODY
    assert (row["userId"], row["auth"]) == ("", "Logged Out")


@pytest.mark.parametrize(("look", "home", "agent"), [(0, 0, 0), (1, 0, 40), (2, 50, 0), (3, 50, 40)])
def test_a_look_is_a_home_and_a_device(look: int, home: int, agent: int) -> None:
    row = written(one_row(Page.HOME, look=look))

    assert row["location"] == PLACES[home].name
    assert row["userAgent"] == AGENTS[agent]


def test_names_go_with_the_gender() -> None:
    traits = replace(some_traits(2), is_woman=np.array([True, False]))

    women, men = (orjson.loads(Writer(traits).lines(one_row(Page.HOME, listener=who))[0]) for who in (0, 1))

    assert (women["gender"], men["gender"]) == ("F", "M")
    assert women["firstName"] != men["firstName"]


def test_a_written_log_carries_quotes_and_mojibake_through(small_log: Log) -> None:
    rows = small_log.events

    assert any(str(row["userAgent"]).startswith('"Mozilla') for row in rows)
    assert any("Ã" in row.get("artist", "") for row in rows)
    assert any('"' in row.get("artist", "") for row in rows)


def test_a_listener_keeps_name_gender_and_registration(small_log: Log) -> None:
    people: dict[str, set[tuple[str, ...]]] = {}
    for row in small_log.events:
        people.setdefault(row["userId"], set()).add((row["lastName"], row["gender"], str(row["registration"])))

    assert all(len(person) == 1 for person in people.values())
