"""Events read one by one: the items of an array, and bounds of what is held and told."""

import json
import tracemalloc

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from churn_assets.serving.patience import MOST_FAULTS, items, read_each
from churn_assets.serving.problem import Kind, ProblemError
from churn_assets_tests.serving.api.asking import event
from churn_assets_tests.serving.api.test_routes import ask

VALUES = st.recursive(
    st.none() | st.integers() | st.text(st.sampled_from('a"\\\\[]{}, é')),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)


@given(st.lists(VALUES, max_size=5), st.sampled_from([None, 1]))
def test_the_items_of_an_array_are_those_that_a_parser_finds(values: list[object], indent: int | None) -> None:
    logs = json.dumps(values, ensure_ascii=False, indent=indent).encode()

    found = [item.strip() for item in items(logs)]

    assert found == [bytes(raw) for raw in msgspec.json.decode(logs, type=list[msgspec.Raw])]


def test_an_array_of_blanks_has_no_item() -> None:
    assert list(items(b"[ \n ]")) == []


@pytest.mark.parametrize("item", [b"0", b"{}", b'""', b'{"ts":[]}'])
def test_very_many_faults_are_neither_held_nor_read_to_the_end(item: bytes) -> None:
    logs = b"[" + b",".join([item] * 500_000) + b"]"

    tracemalloc.start()
    with pytest.raises(ProblemError) as caught:
        read_each(logs, most=10**9)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 1_000_000
    assert caught.value.problem.kind is Kind.INVALID_EVENTS
    assert caught.value.problem.detail.startswith(f"{MOST_FAULTS} of the first {MOST_FAULTS} events cannot be used")
    assert len(caught.value.problem.complaints) == 20


def test_too_many_events_are_too_large_whether_they_are_good_or_bad() -> None:
    for one in (event(), event(ts="never"), event(sessionId="3")):
        with pytest.raises(ProblemError) as caught:
            read_each(json.dumps([one] * 11).encode(), most=10)

        assert (caught.value.problem.kind, caught.value.problem.complaints[0].event) == (Kind.TOO_LARGE, 10)


def test_a_long_body_of_faults_is_answered_as_too_large(client: TestClient) -> None:
    """The limit of the module's API is 1,000 events: it is met before the faults are told."""
    visitors = json.dumps({"logs": [event(user_id="", ts=str(event()["ts"]))] * 1_001}).encode()

    assert ask(client, visitors).status_code == 413
    assert ask(client, b'{"logs":[' + b",".join([b"{}"] * 200_000) + b"]}").status_code == 422
