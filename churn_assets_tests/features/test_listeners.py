"""Events in the order of the log are taken as they are; all others are sorted, and lose their copies."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from churn_assets.cutoffs import DAY
from churn_assets.features.event_columns import GivenColumns
from churn_assets.features.listeners import ORDER, Listeners
from churn_assets_tests.features.memory_batch import HORIZON
from churn_assets_tests.logs import FIRST, Event, Log, at, event_arrays, without_copies
from churn_assets_tests.strategies import REQUEST, World, worlds

CUTOFF = FIRST + 100


def seen(log: Log, cutoff: int = CUTOFF) -> Listeners:
    return Listeners.of(event_arrays(log), {event.user_id: cutoff * DAY for event in log}, HORIZON)


def test_events_in_order_are_not_even_copied() -> None:
    columns = GivenColumns(
        event_arrays([Event("a", at(98)), Event("a", at(99)), Event("a", at(99), item_in_session=1)])
    )

    assert Listeners.of(columns, {"a": CUTOFF * DAY}, HORIZON).columns is columns


def test_events_of_one_millisecond_are_told_apart_by_session_item_and_page() -> None:
    ties = [("b", 2, 0), ("a", 1, 1), ("b", 1, 0), ("a", 1, 0)]
    log = [Event("u", at(99), page=page, session_id=session, item_in_session=item) for page, session, item in ties]

    found = seen(log).columns

    assert list(zip(*(found[name].tolist() for name in ORDER[1:]), strict=True)) == [
        (1, 0, "a"),
        (1, 0, "b"),
        (1, 1, "a"),
        (2, 0, "b"),
    ]


@REQUEST
@given(worlds(), st.data())
def test_any_order_of_rows_gives_what_sorting_in_plain_python_gives(world: World, data: st.DataObject) -> None:
    log = data.draw(st.permutations(world.log))
    cutoff = world.cutoffs[-1]
    oldest = max((cutoff - HORIZON.lookback_days) * DAY, HORIZON.log_start)
    inside = [event for event in without_copies(log) if oldest <= event.ts < cutoff * DAY]
    wanted = sorted(inside, key=lambda e: (e.user_id, e.ts, e.session_id, e.item_in_session, e.page))

    found = seen(log, cutoff)

    users = found.user_ids[found.listener] if len(found.listener) else np.array([])
    assert users.tolist() == [event.user_id for event in wanted]
    for name in (*ORDER, "song", "level"):
        assert found.columns[name].tolist() == [getattr(event, name) for event in wanted]
