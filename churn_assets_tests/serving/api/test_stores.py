"""The API over both databases that a store may be kept in."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from churn_assets.serving.app import create_app
from churn_assets.serving.database import database
from churn_assets.serving.service import Service
from churn_assets.serving.store import open_store
from churn_assets.serving.writer import Limits
from churn_assets.settings import Settings
from churn_assets_tests.serving.api.asking import body, event, events
from churn_assets_tests.serving.api.champions import Home
from churn_assets_tests.serving.api.corpora import NAUGHTY_TEXTS
from churn_assets_tests.serving.api.test_routes import ask, service, stored


@pytest.fixture
def over_each(shared_home: Home, tmp_path: Path, store_url: str) -> Iterator[TestClient]:
    app = create_app(shared_home.copied(tmp_path / "home").settings(store_url=store_url))
    with TestClient(app, raise_server_exceptions=False) as found:
        yield found


def test_an_answer_is_kept_and_repeated_byte_for_byte(over_each: TestClient) -> None:
    first = ask(over_each, body(events()), X_Request_ID="again-1")
    second = ask(over_each, body(events()), X_Request_ID="again-1")
    other = ask(over_each, body(events(3)), X_Request_ID="again-1")

    assert (first.status_code, second.content, other.status_code) == (200, first.content, 409)
    assert json.loads(stored(over_each, first.json())[0].logs) == events()


def test_a_crowd_is_kept_whole(over_each: TestClient) -> None:
    crowd = [event(number, f"u{number}") for number in range(200)]

    answer = ask(over_each, body(crowd), "/predict_batch").json()

    assert {made.user_id for made in stored(over_each, answer)} == {f"u{number}" for number in range(200)}


def test_every_naughty_text_is_kept_as_it_is(over_each: TestClient) -> None:
    logs = [
        event(number, userId="ü \U0001f3a7" * 100, song=text, page=text or "x")
        for number, text in enumerate(NAUGHTY_TEXTS)
    ]

    answer = ask(over_each, body(logs)).json()

    assert json.loads(stored(over_each, answer)[0].logs) == logs


def test_the_longest_user_id_fits_and_a_longer_one_is_the_requests_fault(over_each: TestClient) -> None:
    fits, longer = "\U0001f3a7" * 512, "\U0001f3a7" * 513

    assert ask(over_each, body([event(user_id=fits)])).json()["userId"] == fits
    assert ask(over_each, body([event(user_id=longer)])).status_code == 422


def test_readiness_and_a_closed_store(over_each: TestClient) -> None:
    assert over_each.get("/readyz").status_code == 200

    service(over_each).store.close()
    ready, answer = over_each.get("/readyz"), ask(over_each, body(events()))

    assert (ready.status_code, ready.json()["trouble"]) == (503, "The prediction store is closed.")
    assert (answer.status_code, answer.json()["type"]) == (500, "urn:churn-assets:problem:store-refused")
    assert "retry-after" not in answer.headers


def impatient(home: Home, folder: Path, store_url: str) -> TestClient:
    """An API that gives a record up after a fifth of a second."""

    def opened(settings: Settings) -> Service:
        service = Service.open(settings)
        service.store.close()
        service.store = open_store(store_url, patience_s=0.2)
        return service

    app = create_app(home.copied(folder / "home").settings(store_url=store_url), opened)
    return TestClient(app, raise_server_exceptions=False)


def wait_until_ready(client: TestClient) -> None:
    end = time.monotonic() + 60
    while client.get("/readyz").status_code != 200 and time.monotonic() < end:
        time.sleep(0.05)
    assert client.get("/readyz").json()["status"] == "ok"


FULL_DISK = """
CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql
AS $$BEGIN RAISE EXCEPTION 'full' USING ERRCODE = '53100'; END$$
"""
BROKEN = {
    "sqlite": ("ALTER TABLE churn_predictions RENAME TO elsewhere",),
    "postgresql": (
        FULL_DISK,
        "CREATE TRIGGER full_disk BEFORE INSERT ON churn_predictions FOR EACH ROW EXECUTE FUNCTION full_disk()",
    ),
}
MENDED = {
    "sqlite": ("ALTER TABLE elsewhere RENAME TO churn_predictions",),
    "postgresql": ("DROP TRIGGER full_disk ON churn_predictions",),
}
"""What makes inserts fail, and nothing else, by no fault of theirs; and what ends it."""


def told(store_url: str, statements: Mapping[str, Sequence[str]]) -> None:
    with database(store_url) as other, other.writing() as connection:
        for statement in statements[other.url.get_backend_name()]:
            connection.exec_driver_sql(statement)


def test_a_store_that_takes_connections_but_no_predictions_is_not_ready_until_it_takes_them_again(
    shared_home: Home, tmp_path: Path, store_url: str
) -> None:
    with impatient(shared_home, tmp_path, store_url) as client:
        told(store_url, BROKEN)
        refused = ask(client, body(events()))
        time.sleep(2 * Limits().probe_s)  # long enough for a look at the store that is content with a connection
        ready = client.get("/readyz")
        told(store_url, MENDED)
        wait_until_ready(client)
        answer = ask(client, body(events(3)))

        assert (refused.status_code, ready.status_code, ready.json()["status"]) == (503, 503, "unavailable")
        assert len(stored(client, answer.json())) == 1


def test_a_store_that_is_locked_for_long_shows_in_readiness_until_it_is_back(
    shared_home: Home, tmp_path: Path, store_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with impatient(shared_home, tmp_path, store_url) as client:
        with database(store_url) as other, other.writing():
            answer, ready = ask(client, body(events(user_id="who-17"))), client.get("/readyz")
        wait_until_ready(client)

        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        assert (ready.status_code, ready.json()["status"]) == (503, "unavailable")
        assert "StoreUnreachableError < OperationalError" in ready.json()["trouble"]
    assert "The prediction store is not to be had: StoreUnreachableError" in caplog.text
    assert "who-17" not in caplog.text
