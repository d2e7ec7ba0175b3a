from itertools import chain

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from churn_assets.simulate.events import Events
from churn_assets_tests.simulate.tiny import whole


def some_events(ts: list[int], session: list[int], item: list[int]) -> Events:
    count = len(ts)
    nothing = whole(count, 0)
    times, sessions, items = (np.array(values, np.int64) for values in (ts, session, item))
    return Events(times, np.arange(count), sessions, items, nothing, nothing, nothing, nothing)


def test_rows_of_one_millisecond_stand_by_session_and_item() -> None:
    events = some_events([5, 5, 5, 1], [2, 1, 1, 9], [0, 7, 3, 0])

    assert events.in_order().listener.tolist() == [3, 2, 1, 0]


def test_rows_are_taken_by_position_or_mask() -> None:
    events = some_events([10, 20, 30], [1, 1, 1], [0, 1, 2])

    assert events.take(np.array([2, 0])).ts.tolist() == [30, 10]
    assert events.take(events.ts > 15).item.tolist() == [1, 2]


def test_nothing_joined_is_no_rows() -> None:
    nothing = Events.joined([])

    assert len(nothing) == 0
    assert nothing.ts.dtype == np.int64


@given(st.lists(st.lists(st.integers(0, 9), max_size=4), min_size=1, max_size=4))
def test_joining_keeps_every_row_in_its_place(parts: list[list[int]]) -> None:
    joined = Events.joined([some_events(part, part, part) for part in parts])

    assert joined.ts.tolist() == list(chain.from_iterable(parts))
