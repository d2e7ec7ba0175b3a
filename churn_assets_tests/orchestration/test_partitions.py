"""Days, cut-offs, and which days each is made from."""

from datetime import date, timedelta
from typing import Any

import dagster as dg
import pytest
from dagster._core.definitions.assets.graph.base_asset_graph import BaseAssetGraph

from churn_assets.definitions import build_defs
from churn_assets.monitoring.performance.span import days_seen
from churn_assets.resources.partitions import calendar, reach
from churn_assets.resources.storage import LandingResource
from churn_assets.settings import Settings

ONE_DAY = timedelta(days=1)
HISTORICAL = {"first_day": date(2018, 10, 1), "last_day": date(2019, 2, 27)}
WINDOWED = [
    ("user_features", "listener_days", -91, -1),
    ("user_features", "sessions", -91, -1),
    ("user_features", "listener_item_gaps", -91, -1),
    ("population", "listener_days", -91, -1),
    ("churn_labels", "listener_days", 0, 34),
    ("drift_report", "prediction_log", -6, 0),
    ("listener_item_gaps", "events", -90, 0),
]


@pytest.mark.parametrize(("asset", "upstream", "first", "last"), WINDOWED)
def test_dagster_and_we_see_the_same_upstream_days(asset: str, upstream: str, first: int, last: int) -> None:
    graph = build_defs(Settings(_env_file=None, **HISTORICAL)).resolve_asset_graph()
    child, parent = dg.AssetKey(asset), dg.AssetKey(upstream)
    step = timedelta(days=1 if asset in ("listener_item_gaps", "drift_report") else 7)
    seen = reach(graph.get_partition_mapping(child, parent), step)
    days = graph.get(parent).partitions_def
    assert days is not None

    for key in ("2018-10-29", "2018-12-31", "2019-01-21"):
        found = graph.get_parent_partition_keys_for_child(key, parent, child).partitions_subset.get_partition_keys()
        low, high = seen.span(key)

        assert sorted(found) == [day for day in days.get_partition_keys() if low <= day <= high]
        assert (low, high) == tuple((date.fromisoformat(key) + timedelta(days=n)).isoformat() for n in (first, last))
        assert len(list(found)) < 100


@pytest.mark.parametrize("schedule", ["monday", "daily"])
@pytest.mark.parametrize(("upstream", "newest_age"), [("churn_scores", 0), ("churn_labels", 30)])
def test_a_daily_report_sees_the_cutoffs_that_are_known_on_its_day(
    schedule: str, upstream: str, newest_age: int
) -> None:
    settings = Settings(_env_file=None, cutoff_schedule=schedule, **HISTORICAL)
    graph, cutoffs = build_defs(settings).resolve_asset_graph(), calendar(settings).cutoffs.get_partition_keys()
    child, parent, step = dg.AssetKey("performance_report"), dg.AssetKey(upstream), settings.cutoffs.step
    seen = reach(graph.get_partition_mapping(child, parent), timedelta(days=1), upstream=step)

    for day in (date(2018, 10, 29), date(2019, 1, 6), date(2019, 1, 7), date(2019, 2, 27)):
        subset = graph.get_parent_partition_keys_for_child(day.isoformat(), parent, child).partitions_subset
        found, (low, high) = sorted(subset.get_partition_keys()), seen.span(day.isoformat())
        clock = day + timedelta(days=1)
        needed = [
            key
            for key in cutoffs
            if newest_age <= (clock - date.fromisoformat(key)).days <= days_seen(settings.cutoffs)
        ]

        assert found == [key for key in cutoffs if low <= key <= high]
        assert set(needed) <= set(found)
        assert found[-1:] == needed[-1:]
        assert len(found) < 100


def cutoffs_by_dagster(graph: BaseAssetGraph[Any], day: str) -> list[str]:
    """The cut-offs that Dagster gives a day's drift report."""
    found = graph.get_parent_partition_keys_for_child(day, dg.AssetKey("user_features"), dg.AssetKey("drift_report"))
    return sorted(found.partitions_subset.get_partition_keys())


@pytest.mark.parametrize(("schedule", "days"), [("monday", 7), ("monday", 28), ("daily", 7), ("thursday", 14)])
def test_a_days_report_is_made_from_the_cutoffs_of_its_window(schedule: str, days: int) -> None:
    settings = Settings(_env_file=None, cutoff_schedule=schedule, drift_window_days=days, **HISTORICAL)
    dates = calendar(settings)
    graph = build_defs(settings).resolve_asset_graph()
    seen = reach(dates.cutoffs_of_window(days), ONE_DAY, upstream=dates.schedule.step)

    for day in (date(2018, 10, 1), date(2018, 10, 28), date(2018, 12, 30), date(2018, 12, 31), date(2019, 2, 27)):
        eves = {key: date.fromisoformat(key) - ONE_DAY for key in dates.cutoffs.get_partition_keys()}
        low, high = seen.span(day.isoformat())

        expected = [key for key, eve in eves.items() if day - timedelta(days=days) < eve <= day]
        assert cutoffs_by_dagster(graph, day.isoformat()) == expected
        assert [key for key in eves if low <= key <= high] == expected


@pytest.mark.parametrize("days", [1, 3])
def test_a_window_shorter_than_a_week_misses_none_of_its_cutoffs(days: int) -> None:
    graph = build_defs(Settings(_env_file=None, drift_window_days=days, **HISTORICAL)).resolve_asset_graph()

    for late in range(days):
        day = date(2018, 12, 30) + timedelta(days=late)
        assert "2018-12-31" in cutoffs_by_dagster(graph, day.isoformat())


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
