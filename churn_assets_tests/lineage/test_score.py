"""A batch score, back to the lines of the log files: planted events are followed, and no later one is named."""

import gzip
from datetime import date
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest

from churn_assets import __version__
from churn_assets.errors import LineageError
from churn_assets.features.catalogue import CATALOGUE
from churn_assets.features.tables import USER_FEATURES
from churn_assets.lake.frames import read_frame
from churn_assets.lineage.trace import Trace
from churn_assets.resources.instance import open_instance
from churn_assets.resources.tracing import DagsterLog, trace
from churn_assets_tests.lineage.planted import COPY, CUTOFF, FILE, SEEN, SONGS, USER, traced_in
from churn_assets_tests.orchestration.tiny import CUTOFFS, Site, line, write_lines


@pytest.fixture(scope="module")
def traced(shared_site: Site) -> Trace:
    return traced_in(shared_site, user=USER, cutoff=CUTOFF)


def places(found: Trace, *, is_used: bool = True) -> list[tuple[str, int, str]]:
    """File, line and song of the lines of a trace."""
    rows = found.lines[found.lines["is_used"] == is_used]
    return list(rows[["file", "line", "song"]].itertuples(index=False, name=None))


def test_a_planted_event_is_followed_to_its_file_and_line(traced: Trace) -> None:
    assert places(traced) == [(FILE, number, SONGS[number]) for number in SEEN]


def test_the_lines_that_are_named_hold_what_was_planted(shared_site: Site, traced: Trace) -> None:
    texts = gzip.decompress((shared_site.landing / FILE).read_bytes()).split(b"\n")

    assert [SONGS[number].encode() in texts[number - 1] for _, number, _ in places(traced)] == [True, True]


def test_a_copy_of_a_line_is_named_as_one(traced: Trace) -> None:
    assert places(traced, is_used=False) == [(COPY, 2, SONGS[3])]


def test_no_event_at_the_cut_off_or_before_the_lookback_is_named(traced: Trace) -> None:
    named = {*traced.lines["song"], *traced.events["song"]}

    assert named == {SONGS[number] for number in SEEN}
    assert (traced.span.first, traced.span.last) == (date(2024, 1, 8), date(2024, 1, 21))


def test_every_listener_s_lines_are_those_that_a_plain_reading_of_the_raw_logs_finds(shared_site: Site) -> None:
    lake = shared_site.lake
    files = [str(path) for path in lake.root.glob("raw_logs/*/part-0.parquet")]
    raw = pd.concat([pd.read_parquet(file, partitioning=None) for file in files])
    seen = raw[(raw["ts"] >= pd.Timestamp(2024, 1, 8)) & (raw["ts"] < pd.Timestamp(CUTOFF))]

    for user in ("1", "2", "3", USER):
        found = traced_in(shared_site, user=user, cutoff=CUTOFF).lines
        expected = seen[seen["user_id"] == user].sort_values(["file", "line"])
        assert list(zip(found["file"], found["line"], strict=True)) == list(
            zip(expected["file"], expected["line"], strict=True)
        )


def test_features_and_probability_are_those_of_the_tables(shared_site: Site, traced: Trace) -> None:
    row = read_frame(shared_site.lake.scan(USER_FEATURES, [CUTOFF.isoformat()]), user_id=USER).iloc[0]

    assert list(traced.features.index) == [feature.name for feature in CATALOGUE.features]
    assert traced.features.equals(row.drop(["user_id", "cutoff"]).astype(object).rename("value"))
    assert traced.made_again == pytest.approx(traced.prediction.churn_probability, abs=1e-12)


def test_the_daily_aggregates_are_the_listener_s_own(traced: Trace) -> None:
    days = {name: sorted(set(rows["day"].dt.date)) for name, rows in traced.aggregates.items()}

    active = [date(2024, 1, 19), date(2024, 1, 21)]
    assert days == {"listener_days": active, "sessions": active, "listener_item_gaps": active}
    assert {user for rows in traced.aggregates.values() for user in rows["user_id"]} == {USER}


def test_the_model_says_what_it_was_trained_on_and_that_it_knew_the_listener(traced: Trace) -> None:
    model = traced.model

    assert model is not None
    assert (model.version.number, model.rows, model.listeners) == ("1", 300, 300)
    assert model.cutoffs == model.of_listener == (date(2024, 3, 4),)
    assert traced.code_version == __version__
    assert any(note.startswith("In-sample") for note in traced.notes)


def test_each_table_names_its_run_event_and_versions_and_was_used_as_it_is(shared_site: Site, traced: Trace) -> None:
    made = traced.materialisations.set_index(["table", "partition"])

    assert set(made.index.get_level_values("table")) == {
        "churn_scores",
        "user_features",
        "population",
        "listener_days",
        "sessions",
        "listener_item_gaps",
        "events",
        "raw_logs",
    }
    for (table, key), row in made.iterrows():
        event = [one for one in shared_site.events_of(table) if (one.partition or "") == key][-1]
        assert row["data_version"] == (event.tags or {})["dagster/data_version"]
        assert shared_site.instance.get_run_by_id(row["run_id"]) is not None
    used = made["as_used"].to_dict()
    assert used.pop(("churn_scores", CUTOFF.isoformat())) is None
    assert set(used.values()) == {True}


def test_a_late_row_shows_as_a_table_that_has_changed_since(site: Site) -> None:
    late = line(date(2024, 1, 19), 4, 50)
    write_lines(site.landing / "late rows.json", [late])
    site.catch_up()

    found = traced_in(site, user=USER, cutoff=CUTOFF)

    changed = found.materialisations[found.materialisations["as_used"].eq(False)]
    assert list(zip(changed["table"], changed["partition"], strict=True)) == [("user_features", "2024-01-22")]
    assert any(note.startswith("user_features holds other rows than when this was made") for note in found.notes)
    assert places(found) == [(FILE, number, SONGS[number]) for number in SEEN]


def test_without_a_cut_off_it_is_the_newest_score(shared_site: Site) -> None:
    found = traced_in(shared_site, user="1")

    assert found.prediction.cutoff.date() == CUTOFF


def test_settings_alone_find_the_history_of_our_own_commands(site: Site) -> None:
    with open_instance(site.settings) as instance:
        made = dg.AssetMaterialization("churn_scores", partition=CUTOFF.isoformat())
        instance.report_runless_asset_event(made)

    found = trace(site.settings, user=USER, cutoff=CUTOFF.isoformat())

    assert list(found.materialisations["table"]) == ["churn_scores"]


def test_where_neither_history_nor_models_are_the_rest_is_traced_and_nothing_is_made(
    shared_site: Site, tmp_path: Path
) -> None:
    settings = shared_site.settings.model_copy(update={"home": tmp_path, "lake": str(shared_site.lake.root)})

    found = trace(settings, user=USER, cutoff=CUTOFF)

    assert found.materialisations.empty
    assert found.model is None
    assert places(found) == [(FILE, number, SONGS[number]) for number in SEEN]
    assert any("The model cannot be told of. There is no MLflow store" in note for note in found.notes)
    assert not settings.mlflow_home.exists()


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ({"user": "nobody"}, "has no score at any cut-off. Cut-offs with a score of this listener: none"),
        ({"user": USER, "cutoff": "2024-01-15"}, "was not at risk, so was not scored at cut-off 2024-01-15"),
        ({"user": "1", "cutoff": "2024-01-16"}, "Nobody has a score at cut-off 2024-01-16; there are 3 cut-offs"),
        ({"user": "1", "cutoff": "yesterday"}, "write it as 2026-01-31"),
        ({}, "Name a prediction"),
        ({"request_id": "r", "cutoff": "2024-01-22"}, "leave the cut-off out"),
    ],
)
def test_what_cannot_be_traced_says_what_can(named: dict[str, str], told: str, shared_site: Site) -> None:
    with pytest.raises(LineageError, match=told):
        traced_in(shared_site, **named)


def test_the_event_log_tells_nothing_of_what_was_never_made(shared_site: Site) -> None:
    log = DagsterLog(shared_site.instance)

    assert log.newest("events", ["1999-01-01"]) == {}
    assert log.seen("events", "1999-01-01", "raw_logs") == {}
    assert log.seen("churn_scores", CUTOFF.isoformat(), "user_features").keys() == set(CUTOFFS)


def test_nothing_has_been_scored_yet_in_an_empty_lake(shared_site: Site, tmp_path: Path) -> None:
    settings = shared_site.settings.model_copy(update={"home": tmp_path})

    with pytest.raises(LineageError, match="Nothing has been scored yet"):
        trace(settings, user=USER)


def test_a_trace_does_not_touch_the_lake(shared_site: Site) -> None:
    before = shared_site.digests()

    repr(traced_in(shared_site, user=USER, cutoff=CUTOFF))

    assert shared_site.digests() == before
