"""How a body becomes a request: events, options, digest, limits and cut-offs."""

import json

import numpy as np
import pytest

from churn_assets.serving.cutoff import cutoffs
from churn_assets.serving.problem import Kind, ProblemError
from churn_assets.serving.request import Asked, Limits, read_request, require_one_listener
from churn_assets_tests.logs import at
from churn_assets_tests.serving.api.asking import body, event, events

LIMITS = Limits(events=100, listeners=3)
CLOCK = at(95)


def read(content: bytes, **told: str) -> Asked:
    return read_request(content, told, route="single", limits=LIMITS)


def problem(content: bytes, **told: str) -> ProblemError:
    with pytest.raises(ProblemError) as caught:
        read(content, **told)
    return caught.value


def test_an_ordinary_and_an_odd_way_to_write_events_read_the_same() -> None:
    plain = read(body(events(5))).events
    odd = [
        line | {"sessionId": str(line["sessionId"]), "itemInSession": float(line["itemInSession"])}
        for line in events(5)
    ]
    patient = read(body(odd)).events

    for name, column in plain.columns.items():
        np.testing.assert_array_equal(column, patient.columns[name])


def test_iso_times_and_milliseconds_read_the_same() -> None:
    iso = [event(0, ts="2024-04-01T12:00:00Z"), event(1, ts="2024-04-01T14:00:00+02:00"), event(2, ts="1711972800000")]

    assert read(body(iso)).events.columns["ts"].tolist() == [1711972800000] * 3


@pytest.mark.parametrize(
    ("device", "expected"),
    [
        ("Mobile", "Mobile"),
        ("iPhone", "Other"),
        ("desktop", "Desktop"),
        (" TABLET ", "Tablet"),
        ("fridge", "Other"),
        ("", None),
    ],
)
def test_a_literal_device_counts_where_the_user_agent_is_missing(device: str, expected: str | None) -> None:
    found = read(body([event(0, userAgent=None, device=device), event(1, device="Desktop")])).events.columns

    assert found["device"].tolist() == [expected, "Mobile"]
    assert found["os"].tolist() == [None, "iOS"]


def test_fractions_of_a_millisecond_fall_away_as_in_the_lake() -> None:
    assert read(body([event(registration=1540919166796.9)])).events.columns["registration"].tolist() == [
        1540919166796.0
    ]


def test_each_listener_has_their_own_events_as_they_were_sent() -> None:
    logs = [event(n, user) for n in range(3) for user in ("b", "a", "")]
    found = read(body(logs)).events

    assert list(found.of_listener) == ["b", "a"]
    assert json.loads(found.logs_of("a")) == [line for line in logs if line["userId"] == "a"]


def test_only_visitors_is_nobody_to_predict_for() -> None:
    assert problem(body([event(0, "")])).problem.kind is Kind.INVALID_EVENTS


def test_the_second_listener_is_pointed_at() -> None:
    asked = read(body([event(0, ""), event(1, "a"), event(2, "b")]))

    with pytest.raises(ProblemError, match="2 listeners, /predict answers for one: use POST /predict_batch") as caught:
        require_one_listener(asked.events)

    assert caught.value.problem.complaints[0].event == 2


@pytest.mark.parametrize("told", [{"explain": "true"}, {"explain": "1"}, {"explain": ""}, {"explain": "TRUE"}])
def test_options_may_stand_in_the_query(told: dict[str, str]) -> None:
    assert read(body(events(1)), **told).is_explained


def test_options_that_contradict_each_other_are_refused() -> None:
    found = problem(body(events(1), explain=True), explain="false").problem

    assert (found.kind, found.complaints[0].code) == (Kind.INVALID_REQUEST, "contradiction")


def test_options_that_agree_may_be_given_twice() -> None:
    assert read(body(events(1), as_of="2024-04-01"), as_of="2024-03-31T23:00:00Z").as_of == at(91)


def test_the_digest_tells_requests_apart() -> None:
    asked = [
        read(body(events(1))),
        read(body(events(2))),
        read(body(events(1)), explain="true"),
        read(body(events(1)), as_of="2024-04-01"),
        read_request(body(events(1)), {}, route="batch", limits=LIMITS),
    ]

    assert len({one.digest for one in asked}) == 5
    assert read(body(events(1)), explain="false", request_id="x").digest != asked[2].digest


def test_too_much_is_pointed_at() -> None:
    long = problem(body([event(0, "a"), *(event(n, "b") for n in range(101))])).problem
    crowd = problem(body([event(n, f"u{n}") for n in range(4)])).problem

    assert (long.kind, long.complaints[0].event) == (Kind.TOO_LARGE, 1)
    assert (crowd.kind, crowd.complaints[0].code) == (Kind.TOO_LARGE, "too_many_listeners")


def test_cutoffs_follow_the_request_then_data_time_never_the_wall_clock() -> None:
    log = read(body([event(0, "old", ts=at(20)), event(1, "new", ts=at(97)), event(2, "new", ts=at(98))])).events

    assert cutoffs(log, as_of=at(30), clock=CLOCK) == {"old": at(30), "new": at(30)}
    assert cutoffs(log, as_of=None, clock=CLOCK) == {"old": CLOCK, "new": at(99)}
    assert cutoffs(log, as_of=None, clock=None) == {"old": at(21), "new": at(99)}
