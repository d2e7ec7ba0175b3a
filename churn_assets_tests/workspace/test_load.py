"""Tables as frames: what is read, what is left unread, and what is said of what is not there."""

import shutil
from collections.abc import Collection
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

import churn_assets
from churn_assets.errors import (
    ChurnAssetsError,
    ContractError,
    ImmatureLabelError,
    MissingPartitionError,
    UnknownNameError,
)
from churn_assets.ingest.tables import EVENTS
from churn_assets.labels.tables import CHURN_LABELS
from churn_assets.lake.lake import Lake
from churn_assets.training.tables import TRAINING_SET
from churn_assets.workspace.workspace import Workspace
from churn_assets_tests.end_to_end.service import CUTOFFS, FIRST_DAY, LAST_DAY, MATURE, Service

WANTED = ("user_id", "ts", "page")
TWO_DAYS = ("2026-01-20", "2026-01-21")


def spoil(path: Path, kept: Collection[str]) -> None:
    """Make every byte of a file's columns wrong, but for those of the columns that are kept."""
    content, metadata = bytearray(path.read_bytes()), pq.read_metadata(path)
    for group in range(metadata.num_row_groups):
        for number in range(metadata.num_columns):
            column = metadata.row_group(group).column(number)
            if column.path_in_schema not in kept:
                start, size = column.dictionary_page_offset or column.data_page_offset, column.total_compressed_size
                content[start : start + size] = b"\xff" * size
    path.write_bytes(content)


def spoiled(lake: Lake, folder: Path) -> Lake:
    """A lake of the events alone, in which nothing is right but WANTED on TWO_DAYS, and the end of the newest file.

    That one says how many rows there are, which the data clock goes by.
    """
    copy = Lake(folder)
    shutil.copytree(lake.root / EVENTS.table, copy.root / EVENTS.table)
    *others, newest = copy.keys(EVENTS)
    for key in others:
        if key in TWO_DAYS:
            spoil(copy.path(EVENTS, key), WANTED)
        else:
            copy.path(EVENTS, key).write_bytes(b"no Parquet at all")
    spoil(copy.path(EVENTS, newest), ())
    return copy


@pytest.fixture
def spoiled_ws(service: Service, tmp_path: Path) -> Workspace:
    """A workspace of the spoiled lake."""
    lake = spoiled(service.lake, tmp_path / "lake")
    return churn_assets.connect(service.settings.model_copy(update={"lake": str(lake.root)}))


def test_three_columns_of_two_days_are_all_that_is_read(spoiled_ws: Workspace, service: Service) -> None:
    frame = spoiled_ws.load("events", start=TWO_DAYS[0], end=TWO_DAYS[1], columns=WANTED)

    pd.testing.assert_frame_equal(frame, service.rows(EVENTS, *TWO_DAYS)[list(WANTED)])
    assert len(frame) > 100


@pytest.mark.parametrize("columns", [["user_id", "song"], ["length"], None])
def test_any_other_column_would_have_been_unreadable(spoiled_ws: Workspace, columns: list[str] | None) -> None:
    """Else the test above would prove nothing."""
    with pytest.raises(OSError, match=r".+"):
        spoiled_ws.load("events", start=TWO_DAYS[0], end=TWO_DAYS[1], columns=columns)


def test_any_other_day_would_have_been_unreadable(spoiled_ws: Workspace) -> None:
    with pytest.raises(Exception, match="Parquet"):
        spoiled_ws.load("events", start="2026-01-19", end=TWO_DAYS[1], columns=WANTED)


def test_a_table_without_a_choice_is_everything_that_is_there(ws: Workspace, service: Service) -> None:
    pd.testing.assert_frame_equal(ws.load("churn_labels"), service.rows(CHURN_LABELS))
    pd.testing.assert_frame_equal(ws.load("training_set"), service.rows(TRAINING_SET))


def test_partitions_can_be_named_or_spanned_and_come_in_order(ws: Workspace) -> None:
    named = ws.load("user_features", cutoff=[CUTOFFS[2], CUTOFFS[1]], columns=["cutoff", "user_id"])
    spanned = ws.load("user_features", start=CUTOFFS[1], end=CUTOFFS[2], columns=["cutoff", "user_id"])
    between = ws.load("user_features", start="2026-01-13", end=date(2026, 2, 1), columns=["cutoff", "user_id"])

    pd.testing.assert_frame_equal(named, spanned)
    pd.testing.assert_frame_equal(named, between)
    assert [str(day.date()) for day in named["cutoff"].unique()] == CUTOFFS[1:3]


def test_columns_come_in_the_order_they_are_asked_for(ws: Workspace) -> None:
    assert list(ws.load("events", day=TWO_DAYS[0], columns=("page", "day", "user_id"))) == ["page", "day", "user_id"]
    assert list(ws.load("events", day=TWO_DAYS[0], columns="page")) == ["page"]


def test_a_span_ends_with_what_has_landed(ws: Workspace) -> None:
    last = LAST_DAY.isoformat()

    beyond = ws.load("events", start=last, end="2027-01-01", columns=["day"])

    assert [str(day.date()) for day in beyond["day"].unique()] == [last]


BEFORE, AFTER = FIRST_DAY - timedelta(days=1), LAST_DAY + timedelta(days=1)


@pytest.mark.parametrize(
    ("name", "asked", "error", "said"),
    [
        ("events", {"day": BEFORE}, MissingPartitionError, r"the log lasts from 2026-01-05 to 2026-02-10"),
        ("events", {"day": AFTER}, MissingPartitionError, r"There are 37, from 2026-01-05 to 2026-02-10"),
        ("events", {"start": AFTER}, MissingPartitionError, r"events has nothing from 2026-02-11 to the end"),
        ("user_features", {"cutoff": "2026-01-20"}, UnknownNameError, r"Tuesday.* Near it: 2026-01-19 and 2026-01-26"),
        ("user_features", {"cutoff": "2026-01-05"}, UnknownNameError, r"the first is 2026-01-12, after 7 days of log"),
        ("user_features", {"cutoff": "2026-02-16"}, MissingPartitionError, r"the newest cut-off is 2026-02-09"),
        ("churn_labels", {"cutoff": "2026-02-09"}, ImmatureLabelError, r"up to 2026-02-16.*2026-01-12 to 2026-02-02"),
        ("churn_labels", {"cutoff": "2026-02-16"}, MissingPartitionError, r"landed up to 2026-02-10"),
        ("drift_report", {"day": "2026-01-05"}, MissingPartitionError, r"newest 28 days .* up to 2026-02-10"),
        ("retraining_decision", {}, MissingPartitionError, r"Nothing was recorded .* `churn-assets retrain`"),
    ],
)
def test_what_is_not_there_is_told_with_what_is(
    ws: Workspace, name: str, asked: dict[str, str], error: type[ChurnAssetsError], said: str
) -> None:
    with pytest.raises(error, match=said):
        ws.load(name, **asked)  # type: ignore[arg-type]


def test_a_gap_is_told_with_how_to_fill_it_and_never_passed_over(copy: Service) -> None:
    ws = churn_assets.connect(copy.settings)
    for key in TWO_DAYS:
        shutil.rmtree(copy.lake.path(EVENTS, key).parent)

    with pytest.raises(
        MissingPartitionError, match=r"lacks 1 .*2026-01-20\. .* ws\.materialize\('events', day='2026-01-20'\)"
    ):
        ws.load("events", day="2026-01-20")
    with pytest.raises(
        MissingPartitionError, match=r"ws\.materialize\('events', start='2026-01-20', end='2026-01-21'\)"
    ):
        ws.load("events", start="2026-01-18", end="2026-01-31")
    assert len(ws.load("events", end="2026-01-19")) > 0


def test_a_platform_in_which_nothing_landed_says_what_to_do(elsewhere: Path) -> None:
    ws = churn_assets.connect()

    for name in ("events", "user_features", "training_set", "churn_scores"):
        with pytest.raises(
            MissingPartitionError, match=r"Nothing has landed in .*/elsewhere/data yet.* put log files into"
        ):
            ws.load(name)
    with pytest.raises(MissingPartitionError, match=r"Nothing has landed"):
        ws.load("events", day="2026-05-04")
    assert list(elsewhere.iterdir()) == []


def test_every_table_is_listed_with_what_there_is_of_it(ws: Workspace, service: Service) -> None:
    listed = ws.assets()

    events, labels, decisions = (listed.loc[name] for name in ("events", "churn_labels", "retraining_decision"))
    assert (events["exist"], events["of"], events["rows"]) == (37, 37, len(service.rows(EVENTS)))
    assert (labels["exist"], labels["of"], labels["oldest"], labels["newest"]) == (4, 4, MATURE[0], MATURE[-1])
    assert (decisions["exist"], decisions["rows"], decisions["newest"]) == (0, 0, None)
    assert len(repr(listed).splitlines()) == len(listed) + 1
    assert ">one clean event of a listener</td>" in listed._repr_html_()  # type: ignore[operator]


def test_every_column_is_listed_with_what_it_means(ws: Workspace) -> None:
    columns = ws.columns("churn_scores")

    assert columns.loc["churn_probability", "type"] == "float64"
    assert columns.loc["reasons", "description"].startswith("What moved the probability most")


def test_reading_changes_nothing_below_the_home(ws: Workspace, service: Service) -> None:
    ws.model()  # a store that was copied would be told of its new place
    before = {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in service.home.rglob("*")}

    ws.assets()
    ws.load("events", day=TWO_DAYS[0])
    ws.table("events").count().execute()
    ws.explain(ws.load("churn_scores", columns=["user_id"])["user_id"].iloc[0])
    ws.predict(ws.load("events", start="2026-02-09"))
    ws.drift()._repr_html_()
    ws.performance()._repr_html_()
    ws.history()

    after = {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in service.home.rglob("*")}
    assert {path for path, told in after.items() if before.get(path) != told} == set()


def test_files_of_earlier_code_say_that_they_are_to_be_made_again(copy: Service) -> None:
    path = copy.lake.path(CHURN_LABELS, MATURE[0])
    pq.write_table(pq.read_table(path, partitioning=None).drop_columns("cancelled"), path)
    ws = churn_assets.connect(copy.settings)

    with pytest.raises(
        ContractError, match=r"Some of churn_labels was made by earlier code, without cancelled: .* makes it again"
    ):
        ws.load("churn_labels")
    assert list(ws.load("churn_labels", columns=["churned"])) == ["churned"]


def test_settings_of_another_log_are_told(service: Service) -> None:
    ws = churn_assets.connect(service.settings.model_copy(update={"last_day": date(2026, 1, 31)}))

    assert "data clock 2026-02-11, outside of CHURN_FIRST_DAY to CHURN_LAST_DAY (2026-01-05 to 2026-01-31)" in repr(ws)


def test_the_workspace_says_where_it_is_and_what_it_holds(ws: Workspace, service: Service) -> None:
    assert f"<Workspace {service.home}: data clock 2026-02-11, 20 of 21 tables made." in repr(ws)
    assert ws._ipython_key_completions_() == list(ws)
    assert {"load", "table", "model", "predict", "explain", "drift"} <= set(dir(ws))
