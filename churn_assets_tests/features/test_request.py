"""What the request evaluator does with awkward input."""

import numpy as np
import pytest

from churn_assets.cutoffs import DAY
from churn_assets.features.catalogue import CATALOGUE
from churn_assets.features.request import Listeners, request_features
from churn_assets_tests.features.evaluations import plain, requested
from churn_assets_tests.features.memory_batch import HORIZON
from churn_assets_tests.logs import FIRST, Event, Log, at, event_arrays

CUTOFF = FIRST + 100


def listeners(log: Log) -> Listeners:
    return Listeners.of(event_arrays(log), {event.user_id: CUTOFF * DAY for event in log}, HORIZON)


def test_of_two_copies_the_first_given_stays() -> None:
    log = [Event("a", at(99), level=level) for level in ("paid", "free")]

    assert listeners(log).columns["level"].tolist() == ["paid"]
    assert requested(log, CUTOFF)["a", CUTOFF]["current_level"] == "paid"


def test_events_are_clipped_to_the_lookback_and_sorted() -> None:
    log = [Event("a", ts) for ts in (at(100), at(99), at(10) - 1, at(10))]

    assert listeners(log).columns["ts"].tolist() == [at(10), at(99)]


def test_listeners_come_back_in_order_with_one_value_each() -> None:
    log = [Event(user, at(99)) for user in ("b", "a", "ü", "B")]
    seen = listeners(log)

    values = request_features(seen, HORIZON)

    assert seen.user_ids.tolist() == ["B", "a", "b", "ü"]
    assert {name: np.broadcast_to(v, 4).shape for name, v in values.items()} == dict.fromkeys(values, (4,))
    assert tuple(values) == CATALOGUE.schema(90).names


@pytest.mark.parametrize("log", [[Event("a", at(100))], [Event("a", at(9))]])
def test_no_event_in_the_lookback_gives_no_row(log: Log) -> None:
    seen = listeners(log)

    assert seen.user_ids.tolist() == []
    assert {len(value) for value in request_features(seen, HORIZON).values() if np.ndim(value)} == {0}


def test_a_request_of_nulls_is_answered() -> None:
    names = ("level", "gender", "region", "device", "os", "browser")
    log = [Event("a", at(99), page="Home", **dict.fromkeys(names))]  # type: ignore[arg-type]

    row = requested(log, CUTOFF)["a", CUTOFF]

    assert {row[name] for name in names if name != "level"} == {None}
    assert (row["current_level"], row["time_as_paid_days"], plain(row["freq_7d"])) == (None, 0, 1)
