"""What the routes answer, in this process."""

import json
from datetime import datetime
from typing import Any

import pytest
from starlette.testclient import TestClient

from churn_assets.serving.service import Service
from churn_assets_tests.serving.api.asking import body, event, events
from churn_assets_tests.serving.api.champions import DATA_CLOCK

JSON = {"Content-Type": "application/json"}
DOCUMENTED = {"userId", "churn_probability", "churn_pred", "model_version", "inference_timestamp"}


def ask(client: TestClient, content: bytes, path: str = "/predict", **headers: str) -> Any:
    return client.post(path, content=content, headers=JSON | {k.replace("_", "-"): v for k, v in headers.items()})


def service(client: TestClient) -> Service:
    found: Service = client.app.state.service  # type: ignore[attr-defined]
    return found


def test_the_documented_example_answers_one_object_with_the_documented_fields(client: TestClient) -> None:
    """ISO times and a literal device, nothing but what an event needs."""
    logs = [
        {"ts": "2024-04-01T10:00:00Z", "userId": "42", "sessionId": 1, "itemInSession": 0, "page": "NextSong",
         "level": "free", "device": "Mobile", "artist": "A", "song": "B", "length": 180.0},
        {"ts": "2024-04-02T11:30:00Z", "userId": "42", "sessionId": 2, "itemInSession": 0, "page": "Thumbs Up",
         "level": "free", "device": "Mobile"},
    ]  # fmt: skip

    response = ask(client, body(logs))

    answer = response.json()
    assert response.status_code == 200
    assert answer.keys() >= DOCUMENTED
    assert (answer["userId"], answer["model_version"]) == ("42", "1")
    assert 0 < answer["churn_probability"] < 1
    assert isinstance(answer["churn_pred"], bool)
    assert datetime.fromisoformat(answer["inference_timestamp"]).tzinfo is not None
    (kept,) = stored(client, answer)
    assert (kept.features["device"], kept.features["os"], kept.features["recency_days"]) == (
        "Mobile",
        None,
        7.520833333333333,
    )


def stored(client: TestClient, answer: dict[str, Any]) -> tuple[Any, ...]:
    found = service(client).store.find(answer["request_id"])
    assert found is not None
    return found.predictions


def test_events_exactly_as_the_log_has_them_are_answered(client: TestClient) -> None:
    answer = ask(client, body(events())).json()

    (kept,) = stored(client, answer)
    assert (answer["is_cold_start"], answer["knowledge"], answer["at_risk"]) == (False, 1.0, True)
    assert (kept.features["device"], kept.features["region"], kept.events) == ("Mobile", "KY-IN", 30)


def test_the_answer_is_stored_with_everything_it_was_made_from(client: TestClient) -> None:
    logs = events(3)

    answer = ask(client, body(logs)).json()

    (kept,) = stored(client, answer)
    assert json.loads(kept.logs) == logs
    assert kept.churn_probability == answer["churn_probability"]
    assert (kept.model_version, kept.fingerprint[-4:]) == ("1", "-90d")
    assert len(kept.features) == 56


def test_reasons_come_in_words_when_asked_for(client: TestClient) -> None:
    plain, told = ask(client, body(events())).json(), ask(client, body(events(), explain=True)).json()

    assert "reasons" not in plain
    assert told["churn_probability"] == plain["churn_probability"]
    assert told["reasons"]
    assert all(text.endswith(" the risk") for text in told["reasons"])


@pytest.mark.parametrize("as_of", ["2024-04-05", "2024-04-04T00:00:00.001Z", "2024-04-05T02:00:00+02:00"])
def test_an_explicit_cutoff_is_rounded_up_to_midnight(client: TestClient, as_of: str) -> None:
    in_query = client.post("/predict", content=body(events()), headers=JSON, params={"as_of": as_of}).json()
    in_body = ask(client, body(events(), as_of=as_of)).json()

    assert in_query["as_of"] == in_body["as_of"] == "2024-04-05T00:00:00.000Z"


def test_the_cutoff_is_the_data_clock_or_the_midnight_after_a_later_event(client: TestClient) -> None:
    old, new = ask(client, body(events())), ask(client, body([event(ts="2024-07-01T00:00:00Z")]))

    assert old.json()["as_of"] == DATA_CLOCK
    assert new.json()["as_of"] == "2024-07-02T00:00:00.000Z"


def test_one_event_is_a_cold_start_that_says_so(client: TestClient) -> None:
    answer = ask(client, body([event()], explain=True)).json()

    assert (answer["is_cold_start"], answer["knowledge"]) == (True, 0.2)
    assert answer["reasons"][0].startswith("Only 1 session known: 80 % of the weight")


def test_a_listener_silent_for_the_whole_lookback_is_answered_by_the_prior_alone(client: TestClient) -> None:
    answer = ask(client, body([event(ts="2018-11-01T00:00:00Z")], explain=True)).json()

    assert (answer["at_risk"], answer["is_cold_start"], answer["knowledge"]) == (False, True, 0.0)
    assert answer["churn_probability"] > 0.5
    assert answer["reasons"][0].startswith("No event in the 90 days before the cut-off")


def test_several_listeners_are_sent_to_the_other_route(client: TestClient) -> None:
    response = ask(client, body([event(), event(1, "2")]))

    assert response.status_code == 422
    assert "/predict_batch" in response.json()["detail"]
    assert response.json()["errors"][0]["pointer"] == "/logs/1/userId"


def test_a_batch_answers_listeners_in_order_of_their_first_event(client: TestClient) -> None:
    mixed = [event(n, user) for n in range(12) for user in ("b", "ü", "a")]

    response = ask(client, body(mixed), "/predict_batch")

    assert [one["userId"] for one in response.json()["predictions"]] == ["b", "ü", "a"]


def test_listeners_of_a_batch_do_not_influence_each_other(client: TestClient) -> None:
    logs = {user: [event(n, user, ts=event(n)["ts"] + shift) for n in range(9 + shift)]
            for shift, user in enumerate(("x", "y", "z"))}  # fmt: skip
    together = ask(client, body([line for own in logs.values() for line in own]), "/predict_batch").json()
    alone = [ask(client, body(own)).json() for own in logs.values()]

    for one, own in zip(together["predictions"], alone, strict=True):
        left, right = stored_of(client, together, one["userId"]), stored(client, own)[0]
        assert left.churn_probability == right.churn_probability
        assert left.features == right.features
        assert json.loads(left.logs) == json.loads(right.logs)


def stored_of(client: TestClient, answer: dict[str, Any], user_id: str) -> Any:
    return next(made for made in stored(client, answer) if made.user_id == user_id)


def test_copies_and_visitors_rows_change_nothing(client: TestClient) -> None:
    logs = events(12)
    visitor = event(ts=logs[0]["ts"], userId="", level=None)

    plain = ask(client, body(logs)).json()
    noisy = ask(client, body([*logs, visitor, *logs])).json()

    assert noisy["churn_probability"] == plain["churn_probability"]
    assert stored(client, noisy)[0].features == stored(client, plain)[0].features


def test_the_same_request_id_stores_once_and_answers_byte_for_byte_the_same(client: TestClient) -> None:
    first = ask(client, body(events()), X_Request_ID="again-1")
    second = ask(client, body(events()), X_Request_ID="again-1")

    assert first.content == second.content
    assert first.headers["x-request-id"] == "again-1"


def test_a_request_id_may_stand_in_the_body(client: TestClient) -> None:
    assert ask(client, body(events(), request_id="in-body-1")).json()["request_id"] == "in-body-1"


@pytest.mark.parametrize(
    "changed", [body(events(29)), body(events(), explain=True), body(events(), as_of="2024-04-01")]
)
def test_a_request_id_is_not_taken_for_another_request(client: TestClient, changed: bytes) -> None:
    name = f"other-{len(changed)}"
    ask(client, body(events()), X_Request_ID=name)

    response = ask(client, changed, X_Request_ID=name)

    assert response.status_code == 409
    assert response.json()["type"].endswith(":reused-request-id")


def test_the_newest_score_of_a_listener_comes_from_the_newest_cutoff_that_has_them(client: TestClient) -> None:
    newest, older = client.get("/users/1").json(), client.get("/users/2").json()

    assert (newest["cutoff"][:10], newest["churn_probability"], newest["risk_band"]) == ("2024-04-01", 0.75, "high")
    assert (older["cutoff"][:10], older["churn_probability"]) == ("2024-03-25", 0.25)
    assert newest["reasons"] == ["Days of silence: 9 (typical 3) raises the risk"]


@pytest.mark.parametrize("user_id", ["nobody", "%00", "..%2f..", "a/b", "%F0%9F%98%80"])
def test_an_unknown_listener_is_not_found(client: TestClient, user_id: str) -> None:
    response = client.get(f"/users/{user_id}")

    assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")


def test_the_model_is_described(client: TestClient) -> None:
    answer = client.get("/model").json()

    assert (answer["version"], answer["rung"], answer["evaluation"]) == ("1", "logistic", {"log_loss": 0.5})
    assert answer["card"] == "# A tiny model"


def test_health_and_readiness(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ok", "model_version": "1", "data_clock": DATA_CLOCK}


def test_the_counts_tell_latency_predictions_scores_and_version(client: TestClient) -> None:
    def counted(text: str, start: str) -> float:
        return sum(float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(start))

    before = client.get("/metrics").text
    ask(client, body(events()))
    after = client.get("/metrics").text

    for name in ("churn_predictions_total", "churn_score_count", 'churn_http_request_seconds_count{route="/predict"}'):
        assert counted(after, name) == counted(before, name) + 1
    assert counted(after, "churn_events_total") == counted(before, "churn_events_total") + 30
    assert counted(after, 'churn_model_workers{version="1"}') == 1


def test_a_repeated_answer_is_no_further_prediction(client: TestClient) -> None:
    def predictions() -> list[str]:
        return [line for line in client.get("/metrics").text.splitlines() if line.startswith("churn_predictions_total")]

    ask(client, body(events()), X_Request_ID="counted-once")
    before = predictions()
    ask(client, body(events()), X_Request_ID="counted-once")

    assert predictions() == before


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/predict", 405), ("PUT", "/model", 405), ("GET", "/x", 404)]
)
def test_what_is_not_there_is_a_problem_too(client: TestClient, method: str, path: str, status: int) -> None:
    response = client.request(method, path)

    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    assert response.json()["status"] == status


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize("headers", [{"Content-Type": "text/plain"}, FORM, JSON | {"Content-Encoding": "gzip"}])
def test_other_media_types_are_refused(client: TestClient, headers: dict[str, str]) -> None:
    assert client.post("/predict", content=body(events()), headers=headers).status_code == 415


def test_a_body_over_the_limit_is_refused(client: TestClient) -> None:
    response = ask(client, b" " * 1_000_001)

    assert (response.status_code, response.json()["type"]) == (413, "urn:churn-assets:problem:too-large")


def test_a_body_of_unknown_length_is_read_no_further_than_the_limit(client: TestClient) -> None:
    given: list[int] = []

    def endless() -> Any:
        while len(given) < 1_000:
            given.append(1)
            yield b" " * 100_000

    assert client.post("/predict", content=endless(), headers=JSON).status_code == 413


def test_too_many_events_or_listeners_are_refused(client: TestClient) -> None:
    long = [
        {"ts": 1712000000000, "userId": "1", "sessionId": 1, "itemInSession": n, "page": "Home"} for n in range(1_001)
    ]
    crowd = [event(n, f"u{n}") for n in range(21)]

    assert ask(client, body(long)).status_code == 413
    assert ask(client, body(crowd), "/predict_batch").status_code == 413


def test_more_requests_than_may_be_worked_on_are_refused(client: TestClient) -> None:
    found = service(client)
    found.in_flight += found.settings.api_requests
    try:
        response = ask(client, body(events()))
    finally:
        found.in_flight -= found.settings.api_requests

    assert (response.status_code, response.headers["retry-after"]) == (429, "1")
    assert ask(client, body(events())).status_code == 200


def test_bodies_of_more_bytes_than_may_be_held_are_refused_and_let_go(client: TestClient) -> None:
    found = service(client)
    found.bytes_in_flight += found.settings.api_in_flight_mb * 1_000_000
    try:
        response = ask(client, body(events()))
    finally:
        found.bytes_in_flight -= found.settings.api_in_flight_mb * 1_000_000

    assert (response.status_code, response.headers["retry-after"]) == (429, "1")
    assert ask(client, body(events())).status_code == 200
    assert found.bytes_in_flight == 0
