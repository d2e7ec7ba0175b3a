"""A feature depends on the listener's own events alone: not on company, order, copies or other cut-offs."""

from collections.abc import Sequence

from hypothesis import assume, given
from hypothesis import strategies as st

from churn_assets.cutoffs import DAY
from churn_assets.features.request import Listeners, request_features
from churn_assets_tests.features.evaluations import differences, events_of, plain, requested, requested_at, users
from churn_assets_tests.features.memory_batch import HORIZON, Rows, memory_batch
from churn_assets_tests.logs import Event, event_arrays
from churn_assets_tests.strategies import BATCH, REQUEST, World, crowds, worlds


def of_users(rows: Rows, names: Sequence[str]) -> Rows:
    return {key: row for key, row in rows.items() if key[0] in names}


@BATCH
@given(crowds())
def test_company_changes_no_batch_feature(world: World) -> None:
    chosen = users(world.log)[:1]
    together = memory_batch().features(world.log, world.cutoffs)

    alone = memory_batch().features(events_of(world.log, chosen[0]), world.cutoffs)

    assert differences(alone, of_users(together, chosen)) == []


@REQUEST
@given(worlds())
def test_company_changes_no_requested_feature(world: World) -> None:
    together = requested_at(world.log, world.cutoffs)

    for user_id in users(world.log):
        alone = requested_at(events_of(world.log, user_id), world.cutoffs)
        assert differences(alone, of_users(together, [user_id])) == []


@BATCH
@given(crowds(), st.data())
def test_order_of_rows_changes_no_batch_feature(world: World, data: st.DataObject) -> None:
    shuffled: list[Event] = data.draw(st.permutations(world.log))

    there = memory_batch().features(world.log, world.cutoffs)

    assert differences(there, memory_batch().features(shuffled, world.cutoffs)) == []


@REQUEST
@given(worlds(), st.data())
def test_order_of_rows_changes_no_requested_feature(world: World, data: st.DataObject) -> None:
    shuffled: list[Event] = data.draw(st.permutations(world.log))

    assert differences(requested_at(world.log, world.cutoffs), requested_at(shuffled, world.cutoffs)) == []


@REQUEST
@given(worlds(), st.data())
def test_replayed_events_change_no_requested_feature(world: World, data: st.DataObject) -> None:
    copies = data.draw(st.lists(st.sampled_from(world.log), max_size=20))

    replayed = requested_at([*world.log, *copies], world.cutoffs)

    assert differences(requested_at(world.log, world.cutoffs), replayed) == []


@BATCH
@given(crowds(most_cutoffs=3))
def test_many_cutoffs_in_one_pass_equal_one_at_a_time(world: World) -> None:
    together = memory_batch().features(world.log, world.cutoffs)

    singly = {k: row for cutoff in world.cutoffs for k, row in memory_batch().features_of_days([cutoff]).items()}

    assert differences(together, singly) == []


@REQUEST
@given(worlds(listeners=2))
def test_listeners_of_one_request_may_have_different_cutoffs(world: World) -> None:
    own = dict(zip(users(world.log), (world.cutoffs[0], world.cutoffs[-1]), strict=False))
    listeners = Listeners.of(event_arrays(world.log), {user: day * DAY for user, day in own.items()}, HORIZON)
    alone = [row for user, day in own.items() for row in requested(events_of(world.log, user), day).values()]
    assume(len(listeners.user_ids))

    together = request_features(listeners, HORIZON)

    assert [plain(value) for value in together["recency_days"]] == [row["recency_days"] for row in alone]
    assert [plain(value) for value in together["freq_30d"]] == [row["freq_30d"] for row in alone]
