"""Days land on a service where everything is made, scores, list and reports too: the sensor makes what follows, once.

The champion was trained elsewhere and stays: the daemon trains nothing here.
"""

import shutil
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from churn_assets.contracts.contract import Contract
from churn_assets.cutoffs import days_between
from churn_assets.ingest.tables import QUARANTINED_LINES
from churn_assets.lake.frames import read_frame
from churn_assets.monitoring.tables import DRIFT_REPORT, NOVELTY_REPORT, PERFORMANCE_REPORT
from churn_assets.retention.tables import RETENTION_LIST
from churn_assets.scoring.tables import CHURN_SCORES
from churn_assets.serving.tables import PREDICTION_LOG, SERVED_EVENTS
from churn_assets_tests.orchestration.growing import Growing, grown, promote, serve
from churn_assets_tests.orchestration.tiny import DAILY, FIRST_DAY, line, write_lines

EVE, PLAIN, WEEKLY = date(2024, 1, 19), date(2024, 1, 20), date(2024, 1, 21)
"""Landed before; a Saturday; a Sunday, whose midnight is a cut-off and makes labels of an earlier one mature."""
CUTOFF, MATURED = "2024-01-22", "2024-01-15"
LATE, OLDER = date(2024, 1, 18), date(2024, 1, 10)
"""Days of a line that lands with WEEKLY, and of one that lands after everything."""
REPORTS = [table.table for table in (PREDICTION_LOG, DRIFT_REPORT, NOVELTY_REPORT, PERFORMANCE_REPORT)]
CUTS = ["population", "user_features", "churn_labels"]
RECORDS = [table.table for table in (CHURN_SCORES, RETENTION_LIST)]
GONE = b'{"ts": 1705795200000, "userId": "\xff\xfe'
"""No line of any log."""


def each(tables: Collection[str], *days: date) -> dict[str, list[str]]:
    """Each table's partitions of some days."""
    return {table: [str(day) for day in days] for table in tables}


def land_late(site: Growing) -> None:
    """A line of an earlier day, and bytes that are none, in a file that lands after that day's."""
    write_lines(site.landing / "late.json", [line(LATE, 1, 99)])
    with (site.landing / "late.json").open("ab") as file:
        file.write(GONE)


@dataclass(frozen=True)
class Story:
    """What each look made of the service, by what had landed before it; and the service, as the last one left it."""

    site: Growing
    made: Mapping[str, Mapping[str, list[str]]]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """All is made up to the eve; then nothing lands, a day lands, and one that ends a week lands with a late line."""
    site, made = grown(tmp_path_factory.mktemp("new_days") / "home", EVE), {}
    promote(site)
    serve(site, LATE, EVE)
    made["everything"] = site.follow()
    made["nothing"] = site.follow()
    serve(site, PLAIN)
    site = site.land(PLAIN)
    made["plain"] = site.follow()
    serve(site, WEEKLY)
    land_late(site)
    site = site.land(WEEKLY)
    made["weekly"] = site.follow()
    yield Story(site, made)
    site.instance.dispose()


def test_the_sensor_makes_every_table_that_needs_no_training(story: Story) -> None:
    first = story.made["everything"]

    assert first.keys() == {*CUTS, *RECORDS, *DAILY, *REPORTS, SERVED_EVENTS}
    assert first["churn_scores"] == first["user_features"] == first["population"] == ["2024-01-08", MATURED]
    assert (first["churn_labels"], first["retention_list"], first[SERVED_EVENTS]) == (["2024-01-08"], [MATURED], [""])
    days = days_between(FIRST_DAY, EVE)
    assert {table: first[table] for table in (*DAILY, *REPORTS)} == each((*DAILY, *REPORTS), *days)


def test_where_nothing_lands_nothing_is_made(story: Story) -> None:
    assert story.made["nothing"] == {}


def test_a_day_that_ends_no_week_makes_its_own_tables_and_reports_once_and_nothing_else(story: Story) -> None:
    assert story.made["plain"] == each((*DAILY, *REPORTS), PLAIN)


def test_the_end_of_a_week_makes_cutoff_score_list_and_matured_labels_and_a_late_line_its_own_day(story: Story) -> None:
    assert story.made["weekly"] == {
        **each(DAILY, LATE, WEEKLY),
        **each(["listener_item_gaps"], *days_between(LATE, WEEKLY)),
        **each(REPORTS, WEEKLY),
        **{table: [CUTOFF] for table in ("population", "user_features", *RECORDS)},
        "churn_labels": [MATURED],
    }


def test_every_table_is_that_of_a_service_that_got_all_logs_at_once(story: Story, tmp_path: Path) -> None:
    site, whole = story.site, grown(tmp_path / "whole", WEEKLY)
    land_late(whole)
    serve(whole, LATE, EVE, PLAIN, WEEKLY)
    shutil.copytree(site.settings.mlflow_home, whole.settings.mlflow_home)

    whole.update()

    ours, theirs = (digests(one, but=CHURN_SCORES) for one in (site, whole))
    assert ours.pop(f"retention_list/cutoff={MATURED}/part-0.parquet"), "only the newest list is made"
    assert ours == theirs
    assert {path.partition("/")[0] for path in ours} == {*CUTS, *DAILY, *REPORTS, "retention_list"}
    pd.testing.assert_frame_equal(scores(site), scores(whole))


def test_bytes_that_are_no_line_of_a_late_file_are_kept_with_the_day_before_them(story: Story) -> None:
    scan = story.site.lake.scan(QUARANTINED_LINES, [str(LATE)])
    assert [(one.file, one.line, one.content) for one in read_frame(scan).itertuples()] == [("late.json", 2, GONE)]


def test_a_line_older_than_scores_and_lists_leaves_them_as_they_were_said(story: Story, tmp_path: Path) -> None:
    shutil.copytree(story.site.home, tmp_path / "home", copy_function=shutil.copy2)
    site = Growing(tmp_path / "home", WEEKLY)
    before = site.digests()
    write_lines(site.landing / "older.json", [line(OLDER, 3, 99)])

    made = site.follow()

    window = days_between(date.fromisoformat(MATURED) - timedelta(days=1), WEEKLY)
    assert made == {
        **each(DAILY, OLDER),
        **each(["listener_item_gaps"], *days_between(OLDER, WEEKLY)),
        **each(["drift_report", "novelty_report"], *window),
        **{table: [MATURED, CUTOFF] for table in ("population", "user_features")},
        "churn_labels": ["2024-01-08"],
    }
    after = site.digests()
    touched = {path.partition("/")[0] for path, digest in before.items() if after[path] != digest}
    assert before.keys() == after.keys()
    assert "user_features" in touched
    assert touched.isdisjoint(RECORDS)


def digests(site: Growing, *, but: Contract) -> dict[str, str]:
    """Hash of the content of every file of the lake, by path, but for those of one table."""
    return {path: digest for path, digest in site.digests().items() if not path.startswith(f"{but.table}/")}


def scores(site: Growing) -> pd.DataFrame:
    """What was said of everybody, but for when it was said."""
    return read_frame(site.lake.scan(CHURN_SCORES)).drop(columns=["as_of", "inference_timestamp"])
