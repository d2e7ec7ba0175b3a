"""Whatever comes in: a 4xx that says where, or a correct answer; never a 500."""

import json
import tracemalloc

import pytest
from starlette.testclient import TestClient

from churn_assets.serving.patience import LONGEST_USER_ID
from churn_assets_tests.serving.api.asking import body, event
from churn_assets_tests.serving.api.corpora import NAUGHTY_TEXTS, REFUSED_JSON, REFUSED_SHAPES, TAKEN_JSON
from churn_assets_tests.serving.api.test_routes import ask

TEXT_FIELDS = (
    "userId",
    "page",
    "level",
    "artist",
    "song",
    "gender",
    "location",
    "userAgent",
    "device",
    "method",
    "auth",
)
FAULTS = [
    ({"ts": "yesterday"}, "ts", "wrong_type"),
    ({"ts": 1712000000}, "ts", "in_seconds"),
    ({"ts": 99_999_999_999_999_999}, "ts", "implausible"),
    ({"ts": -1}, "ts", "negative"),
    ({"ts": True}, "ts", "wrong_type"),
    ({"ts": [1]}, "ts", "wrong_type"),
    ({"ts": None}, "ts", "missing_field"),
    ({"userId": None}, "userId", "missing_field"),
    ({"userId": {"id": 1}}, "userId", "wrong_type"),
    ({"sessionId": None}, "sessionId", "missing_field"),
    ({"sessionId": "x"}, "sessionId", "wrong_type"),
    ({"sessionId": -3}, "sessionId", "negative"),
    ({"itemInSession": 1.5}, "itemInSession", "wrong_type"),
    ({"itemInSession": 2**60}, "itemInSession", "implausible"),
    ({"page": ""}, "page", "empty_field"),
    ({"page": 7}, "page", "wrong_type"),
    ({"length": "long"}, "length", "wrong_type"),
    ({"length": -1}, "length", "negative"),
    ({"length": 10**400}, "length", "non_finite"),
    ({"song": "a\0b"}, "song", "nul_character"),
    ({"song": "\ud800"}, "song", "lone_surrogate"),
    ({"registration": 5}, "registration", "implausible"),
    ({"userId": "é" * 513}, "userId", "too_long"),
    ({"userAgent": "a" * 65_537}, "userAgent", "too_long"),
    ({"page": "a" * 65_537}, "page", "too_long"),
]


@pytest.mark.parametrize("name", REFUSED_JSON)
def test_what_is_not_json_is_refused(client: TestClient, name: str) -> None:
    response = ask(client, REFUSED_JSON[name])

    assert response.status_code in (400, 422)
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["detail"]


@pytest.mark.parametrize("name", REFUSED_SHAPES)
def test_json_of_another_shape_is_refused(client: TestClient, name: str) -> None:
    response = ask(client, REFUSED_SHAPES[name])

    assert response.status_code == 422
    assert response.json()["errors"][0]["detail"]


@pytest.mark.parametrize("name", TAKEN_JSON)
def test_odd_but_unmistakable_json_is_answered(client: TestClient, name: str) -> None:
    response = ask(client, TAKEN_JSON[name])

    assert response.status_code == 200
    assert response.json()["userId"] == "1"


@pytest.mark.parametrize(("changed", "field", "code"), FAULTS)
def test_a_fault_names_the_event_and_the_field(
    client: TestClient, changed: dict[str, object], field: str, code: str
) -> None:
    response = ask(client, body([event(0), event(1), event(2, **changed)]))

    (fault,) = response.json()["errors"]
    assert response.status_code == 422
    assert (fault["event"], fault["field"], fault["code"]) == (2, field, code)
    assert fault["pointer"] == f"/logs/2/{field}"


def test_no_value_is_repeated_in_an_error(client: TestClient) -> None:
    planted = "Adelheid-Wunderlich"
    for field in ("ts", "sessionId", "itemInSession", "length", "status", "registration"):
        assert planted not in ask(client, body([event(0), event(1, **{field: planted})])).text


def test_of_very_many_faults_the_first_are_told(client: TestClient) -> None:
    problem = ask(client, body([event(n, ts="never") for n in range(500)])).json()

    assert problem["detail"].startswith("500 of 500 events cannot be used; the first is /logs/0/ts: `ts` has the wrong")
    assert len(problem["errors"]) == 20


@pytest.mark.parametrize("field", TEXT_FIELDS)
def test_naughty_texts_are_answered_and_kept_as_they_are(client: TestClient, field: str) -> None:
    """In every field that holds text; an empty page or user and a very long user are what cannot be."""
    for text in NAUGHTY_TEXTS:
        logs = [event(0, **{field: text}), event(1, **({field: text} if field == "userId" else {}))]
        response = ask(client, body(logs))
        is_refused = (not text and field in ("page", "userId")) or (field == "userId" and len(text) > LONGEST_USER_ID)
        if is_refused:
            assert response.status_code == 422
            continue
        assert response.status_code == 200, text
        assert response.json()["userId"] == (text if field == "userId" else "1")
        found = client.app.state.service.store.find(response.json()["request_id"])  # type: ignore[attr-defined]
        assert json.loads(found.predictions[0].logs) == logs


def test_naughty_request_ids_are_refused_or_taken(client: TestClient) -> None:
    statuses = {text: ask(client, body([event()], request_id=text)).status_code for text in NAUGHTY_TEXTS}

    assert set(statuses.values()) == {200, 422}
    assert statuses["../../../../etc/passwd"] == 200
    assert statuses["١٢٣"] == 422


def test_one_long_text_among_many_short_ones_takes_no_room_but_its_own(client: TestClient) -> None:
    """An array of a text type gives every text the room of the longest: here 240 MB for half a megabyte of body."""
    logs = [event(number, page=f"{number}") for number in range(999)] + [event(999, page="x" * 60_000)]

    tracemalloc.start()
    status = ask(client, body(logs)).status_code
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert status == 200
    assert peak < 50_000_000
