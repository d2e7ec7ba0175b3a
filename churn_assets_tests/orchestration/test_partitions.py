"""Days, cut-offs, and which days each is made from."""

from datetime import date, timedelta

import dagster as dg
import pytest

from churn_assets.definitions import build_defs
from churn_assets.resources.partitions import calendar, reach
from churn_assets.resources.storage import LandingResource
from churn_assets.settings import Settings

HISTORICAL = {"first_day": date(2018, 10, 1), "last_day": date(2019, 2, 27)}
WINDOWED = [
    ("user_features", "listener_days", -91, -1),
    ("user_features", "sessions", -91, -1),
    ("user_features", "listener_item_gaps", -91, -1),
    ("population", "listener_days", -91, -1),
    ("churn_labels", "listener_days", 0, 34),
    ("listener_item_gaps", "events", -90, 0),
]


@pytest.mark.parametrize(("asset", "upstream", "first", "last"), WINDOWED)
def test_dagster_and_we_see_the_same_upstream_days(asset: str, upstream: str, first: int, last: int) -> None:
    graph = build_defs(Settings(_env_file=None, **HISTORICAL)).resolve_asset_graph()
    child, parent = dg.AssetKey(asset), dg.AssetKey(upstream)
    step = timedelta(days=1 if asset == "listener_item_gaps" else 7)
    seen = reach(graph.get_partition_mapping(child, parent), step)
    days = graph.get(parent).partitions_def
    assert days is not None

    for key in ("2018-10-29", "2018-12-31", "2019-01-21"):
        found = graph.get_parent_partition_keys_for_child(key, parent, child).partitions_subset.get_partition_keys()
        low, high = seen.span(key)

        assert sorted(found) == [day for day in days.get_partition_keys() if low <= day <= high]
        assert (low, high) == tuple((date.fromisoformat(key) + timedelta(days=n)).isoformat() for n in (first, last))
        assert len(list(found)) < 100


def test_cutoffs_run_from_the_warm_up_to_the_midnight_after_the_last_day() -> None:
    keys = calendar(Settings(_env_file=None, **HISTORICAL)).cutoffs.get_partition_keys()

    assert (keys[0], keys[-1], len(keys)) == ("2018-10-29", "2019-02-25", 18)
    assert {date.fromisoformat(key).weekday() for key in keys} == {0}


@pytest.mark.parametrize("last_day", [date(2019, 2, 24), date(2019, 2, 25), date(2019, 3, 3)])
def test_the_newest_cutoff_may_be_the_day_after_the_last(last_day: date) -> None:
    dates = calendar(Settings(_env_file=None, first_day=date(2018, 10, 1), last_day=last_day))

    keys = dates.cutoffs.get_partition_keys()

    assert keys == [day.isoformat() for day in dates.schedule.up_to(last_day + timedelta(days=1))]
    assert dates.cutoffs.get_last_partition_key() == keys[-1]


@pytest.mark.parametrize("weekday", ["daily", "sunday", "thursday"])
def test_the_schedule_of_cutoffs_is_a_setting(weekday: str) -> None:
    dates = calendar(Settings(_env_file=None, cutoff_schedule=weekday, **HISTORICAL))

    assert dates.cutoffs.get_partition_keys() == [d.isoformat() for d in dates.schedule.up_to(date(2019, 2, 28))]


def test_a_log_too_short_for_a_cutoff_still_has_a_partition_to_refuse() -> None:
    dates = calendar(Settings(_env_file=None, first_day=date(2018, 10, 1), last_day=date(2018, 10, 9)))

    assert dates.cutoffs.get_partition_keys() == ["2018-10-29"]


def test_a_live_log_ends_yesterday(tmp_path: object) -> None:
    days = calendar(Settings(_env_file=None, first_day=date(2024, 1, 1), last_day="open")).days
    landing = LandingResource(url=str(tmp_path), first_day="2024-01-01")

    last = landing.last

    assert days.get_last_partition_key() == last.isoformat()
