"""Nothing at or after a cut-off can move a feature there."""

from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from churn_assets.cutoffs import DAY
from churn_assets_tests.features.evaluations import differences, requested
from churn_assets_tests.features.memory_batch import memory_batch
from churn_assets_tests.logs import FIRST, Event, at
from churn_assets_tests.strategies import BATCH, REQUEST, World, crowds, later_events, world, worlds

CUTOFF = FIRST + 100


def before(world: World) -> World:
    """The world as it is at its first cut-off, with nothing after it."""
    first = world.cutoffs[0]
    return World([event for event in world.log if event.ts < first * DAY], [first])


@BATCH
@given(crowds(), st.data())
def test_later_events_change_no_batch_feature(world: World, data: st.DataObject) -> None:
    known, first = before(world), world.cutoffs[0]
    added = data.draw(later_events(first, "0ü")) + data.draw(later_events(first, "a newcomer"))

    alone = memory_batch().features(known.log, known.cutoffs)

    assert differences(alone, memory_batch().features([*added, *world.log], [first])) == []


@REQUEST
@given(worlds(), st.data())
def test_later_events_change_no_requested_feature(world: World, data: st.DataObject) -> None:
    known, first = before(world), world.cutoffs[0]
    added = data.draw(later_events(first, "0ü"))

    assert differences(requested(known.log, first), requested([*added, *world.log], first)) == []


def test_rewriting_all_that_is_later_changes_no_feature_of_a_crowd() -> None:
    crowd = world(Random(5), listeners=60, most_cutoffs=1)
    midnight = crowd.cutoffs[0] * DAY
    rewritten = [
        event if event.ts < midnight else replace(event, page="Cancel", level="paid", session_id=1, registration=0)
        for event in crowd.log
    ]

    there = memory_batch().features(crowd.log, crowd.cutoffs)

    assert any(event.ts >= midnight for event in crowd.log)
    assert differences(there, memory_batch().features(rewritten, crowd.cutoffs)) == []


def test_an_event_at_the_cutoff_is_in_the_label_and_not_in_the_features() -> None:
    log = [Event("a", at(99)), Event("a", at(100), page="Cancellation Confirmation", item_in_session=1)]

    features = memory_batch().features(log, [CUTOFF])["a", CUTOFF]
    _, labels = memory_batch().labels(log, [CUTOFF])

    assert (features["recency_days"], features["unique_pages"]) == (1, 1)
    assert labels["a", CUTOFF] == {"at_risk": True, "churned": False, "cancelled": True}


def test_a_session_that_crosses_the_cutoff_is_clipped_at_it() -> None:
    log = [Event("a", at(100, ms), item_in_session=n) for n, ms in enumerate((-120_000, -60_000, 0, 600_000))]

    row = memory_batch().features(log, [CUTOFF])["a", CUTOFF]

    assert (row["total_sessions"], row["avg_session_len_min"]) == (1, 1)


def test_a_listener_first_met_at_the_cutoff_has_no_row() -> None:
    assert memory_batch().features([Event("a", at(100))], [CUTOFF]) == {}


def test_what_lies_before_the_lookback_is_forgotten() -> None:
    old = Event("a", at(10) - 1, level="paid", song="s", artist="x", session_id=1)
    edge = Event("a", at(10), level="free", song="s", artist="x", session_id=1, item_in_session=1)

    row = memory_batch().features([old, edge], [CUTOFF])["a", CUTOFF]

    assert (row["level_changes"], row["total_sessions"], row["recency_days"]) == (0, 1, 90)
    assert row == memory_batch().features([edge], [CUTOFF])["a", CUTOFF]
