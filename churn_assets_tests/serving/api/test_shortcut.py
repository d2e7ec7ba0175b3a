"""The short way to a prediction leads to what the long one leads to; a path of a proxy takes the long one."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from churn_assets.errors import StoreError, StoreUnreachableError
from churn_assets.serving.problem import Kind, refused
from churn_assets.serving.routes import router
from churn_assets.serving.service import Service
from churn_assets.serving.shortcut import Shortcut
from churn_assets_tests.serving.api.asking import body, event, events

PROXY = "/churn"
CROWD = [event(number, f"u{number % 3}") for number in range(30)]
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def behind_a_proxy(client: TestClient) -> TestClient:
    return TestClient(client.app, root_path=PROXY, raise_server_exceptions=False)


@pytest.mark.parametrize(("path", "logs"), [("/predict", events()), ("/predict_batch", CROWD)])
def test_both_ways_give_the_same_answer_to_the_last_byte(
    client: TestClient, behind_a_proxy: TestClient, path: str, logs: list[Any]
) -> None:
    content = body(logs, request_id=f"both{path}", explain=True)

    short = client.post(path, content=content, headers=JSON)
    long = behind_a_proxy.post(f"{PROXY}{path}", content=content, headers=JSON)

    assert short.status_code == 200
    assert (short.content, short.headers) == (long.content, long.headers)
    assert short.headers["x-request-id"] == f"both{path}"


@pytest.mark.parametrize(
    ("content", "status"), [(b"{", 400), (body([]), 422), (body([event(user_id=None)]), 422), (b" " * 1_000_001, 413)]
)
def test_both_ways_refuse_alike(client: TestClient, behind_a_proxy: TestClient, content: bytes, status: int) -> None:
    short = client.post("/predict", content=content, headers=JSON)
    long = behind_a_proxy.post(f"{PROXY}/predict", content=content, headers=JSON)

    assert (short.status_code, short.headers["content-type"]) == (status, "application/problem+json")
    assert (short.content, short.headers) == (long.content, long.headers)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (StoreError("No."), Kind.STORE_REFUSED),
        (StoreUnreachableError("Away."), Kind.STORE_UNAVAILABLE),
        (refused(Kind.NO_MODEL, "None."), Kind.NO_MODEL),
        (ZeroDivisionError(), Kind.INTERNAL),
    ],
)
def test_what_fails_further_in_is_told_alike(
    client: TestClient, behind_a_proxy: TestClient, monkeypatch: pytest.MonkeyPatch, error: Exception, kind: Kind
) -> None:
    async def failing(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(Service, "answered", failing)
    short = client.post("/predict", content=body(events()), headers=JSON)
    long = behind_a_proxy.post(f"{PROXY}/predict", content=body(events()), headers=JSON)

    assert (short.status_code, short.json()["type"]) == (kind.status, kind.uri)
    assert (short.content, short.headers) == (long.content, long.headers)


def test_counts_and_log_name_the_route_on_both_ways(
    client: TestClient, behind_a_proxy: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", logger="churn_assets.access"):
        client.post("/predict", content=body(events()), headers=JSON)
        behind_a_proxy.post(f"{PROXY}/predict", content=body(events()), headers=JSON)

    short, long = [record.facts for record in caplog.records if hasattr(record, "facts")]
    assert short["route"] == long["route"] == "/predict"
    assert short.keys() == long.keys()


def test_only_routes_for_predictions_are_shortened(client: TestClient) -> None:
    assert Shortcut(client.app, router.routes).routes.keys() == {"/predict", "/predict_batch"}
    assert client.get("/predict").status_code == 405
    assert client.options("/predict_batch").status_code == 405
