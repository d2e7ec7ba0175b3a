"""Daily aggregates are parts that add up: the split of history into days and runs changes nothing."""

from collections.abc import Iterable
from random import Random

import pyarrow as pa
import pytest
from hypothesis import given

from churn_assets.contracts.contract import Contract
from churn_assets.cutoffs import DAY
from churn_assets.features.batch import Horizon
from churn_assets.features.tables import LISTENER_DAYS, LISTENER_ITEM_GAPS
from churn_assets.ingest.tables import SESSIONS
from churn_assets_tests.features.memory_batch import HORIZON, MemoryBatch, memory_batch
from churn_assets_tests.logs import FIRST, Event, Log, at
from churn_assets_tests.strategies import BATCH, World, world, worlds

BY_DAY = (SESSIONS, LISTENER_DAYS)


def days_of(log: Log) -> list[int]:
    return sorted({event.day for event in log})


def tables(log: Log, contracts: Iterable[Contract] = BY_DAY) -> dict[str, pa.Table]:
    memory_batch().aggregate(log)
    return {contract.table: memory_batch().table(contract) for contract in contracts}


def rows(parts: Iterable[pa.Table]) -> list[str]:
    return sorted(str(row) for part in parts for row in part.to_pylist())


@BATCH
@given(worlds(listeners=1, most_cutoffs=1))
def test_day_by_day_equals_one_pass(world: World) -> None:
    whole = tables(world.log)

    daily = [tables([event for event in world.log if event.day == day]) for day in days_of(world.log)]

    for name, table in whole.items():
        assert rows([table]) == rows(part[name] for part in daily)


@BATCH
@given(worlds(listeners=1, most_cutoffs=1))
def test_gaps_of_one_run_equal_gaps_of_one_run_a_day(world: World) -> None:
    whole = tables(world.log, [LISTENER_ITEM_GAPS])[LISTENER_ITEM_GAPS.table]

    daily = [gaps_of_day(world.log, day, HORIZON) for day in days_of(world.log)]

    assert rows([whole]) == rows(daily)


def gaps_of_day(log: Log, day: int, horizon: Horizon) -> pa.Table:
    """The gaps of one day as a daily run makes them: it reads the events of the lookback and asks for that day."""
    seen = [event for event in log if day - horizon.lookback_days <= event.day <= day]
    gaps = tables(seen, [LISTENER_ITEM_GAPS])[LISTENER_ITEM_GAPS.table]
    return gaps.filter(pa.compute.equal(gaps["day"], day))


def test_features_of_partitions_put_together_equal_features_of_one_pass() -> None:
    crowd = world(Random(11), listeners=3, most_cutoffs=3)
    there = memory_batch().features(crowd.log, crowd.cutoffs)
    parts = [tables([e for e in crowd.log if e.day == day]) for day in days_of(crowd.log)]
    gaps = [gaps_of_day(crowd.log, day, HORIZON) for day in days_of(crowd.log)]

    pieces = MemoryBatch()
    for contract in (SESSIONS, LISTENER_DAYS):
        pieces.replace(contract, pa.concat_tables(part[contract.table] for part in parts))
    pieces.replace(LISTENER_ITEM_GAPS, pa.concat_tables(gaps))

    assert pieces.features_of_days(crowd.cutoffs) == there


def test_items_met_before_the_lookback_are_met_for_the_first_time() -> None:
    log = [Event("a", at(day), song="s", item_in_session=day) for day in (0, 90, 181)]

    gaps = tables(log, [LISTENER_ITEM_GAPS])[LISTENER_ITEM_GAPS.table].to_pylist()

    songs = {row["day"] - FIRST: row["gap_days"] for row in gaps if row["songs"]}
    assert songs == {0: None, 90: 90, 181: None}


@pytest.mark.parametrize("split", [1, 500, 1200])
def test_counts_of_a_day_are_the_sum_of_its_parts(split: int) -> None:
    log = [event for event in world(Random(split), listeners=40).log if event.page]
    one_day = [Event(**{**vars(e), "ts": FIRST * DAY + e.ts % DAY, "item_in_session": n}) for n, e in enumerate(log)]
    counts = ["events", "cancellations", *(n for n in LISTENER_DAYS.names if n.startswith(("count", "total")))]

    whole, left, right = (tables(part)[LISTENER_DAYS.table] for part in (one_day, one_day[:split], one_day[split:]))

    for name in counts:
        totals = [pa.compute.sum(table[name]).as_py() or 0 for table in (whole, left, right)]
        assert totals[0] == totals[1] + totals[2], name


EARLIER = {"level": "free", "page": "About", "device": "Desktop"}
LATER = {"level": "paid", "page": "Help", "device": "Mobile"}


@pytest.mark.parametrize("order", [{"session_id": 2}, {"item_in_session": 1}, {}])
def test_the_latest_of_a_milliseconds_events_is_told_by_session_then_item_then_page(order: dict[str, int]) -> None:
    tied = [Event("a", at(0, 5), **LATER, **order), Event("a", at(0, 5), **EARLIER)]

    (day,) = tables([*tied, Event("a", at(0, 1), item_in_session=7)], [LISTENER_DAYS])[LISTENER_DAYS.table].to_pylist()

    assert {name: day[f"latest_{name}"] for name in LATER} == LATER
    assert (day["first_level"], day["changes_level"], day["last_change_level"]) == ("free", 1, at(0, 5))


def test_a_null_in_the_latest_event_stays_null_whatever_was_known_before() -> None:
    log = [Event("a", at(0, 1), level="paid", device="Mobile"), Event("a", at(0, 2), level=None, device=None)]

    (day,) = tables(log, [LISTENER_DAYS])[LISTENER_DAYS.table].to_pylist()

    assert (day["latest_level"], day["latest_device"]) == (None, None)
    assert (day["first_level"], day["changes_level"], day["time_in_level_paid"]) == ("paid", 1, 1)


def test_a_day_that_starts_without_a_level_has_none_first() -> None:
    log = [Event("a", at(0, 3), level="paid"), Event("a", at(0, 1), level=None), Event("a", at(0, 9), level="paid")]

    (day,) = tables(log, [LISTENER_DAYS])[LISTENER_DAYS.table].to_pylist()

    assert (day["first_level"], day["latest_level"]) == (None, "paid")
    assert (day["changes_level"], day["time_in_level_paid"]) == (1, 6)


def test_an_untouched_state_is_first_and_latest_all_day() -> None:
    log = [Event("a", at(0, n), item_in_session=n, level="paid") for n in range(3)]
    silent = [Event("b", at(0, n), item_in_session=n, level=None) for n in range(3)]

    paid, unknown = tables(log + silent, [LISTENER_DAYS])[LISTENER_DAYS.table].to_pylist()

    assert (paid["first_level"], paid["latest_level"], paid["time_in_level_paid"]) == ("paid", "paid", 2)
    assert (unknown["first_level"], unknown["latest_level"], unknown["time_in_level_paid"]) == (None, None, 0)
