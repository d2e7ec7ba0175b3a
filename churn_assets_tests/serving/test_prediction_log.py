"""The prediction log as an asset: what the store holds, by day of data time."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_assets.cli.run import _todo
from churn_assets.contracts.arrow import arrow_schema
from churn_assets.cutoffs import DAY, epoch_ms
from churn_assets.ingest.tables import EVENTS
from churn_assets.resources.progress import SILENCE
from churn_assets.resources.session import open_session
from churn_assets.serving.log_days import LogDays
from churn_assets.serving.prediction_log import versions, write
from churn_assets.serving.reader import snapshot
from churn_assets.serving.schema import data_day
from churn_assets.serving.tables import FEATURES, PREDICTION_LOG
from churn_assets_tests.orchestration.tiny import FIRST_DAY, LAST_DAY, Site
from churn_assets_tests.serving.answers import AS_OF, answer
from churn_assets_tests.serving.sites import fresh_site, keep, made_for

pytestmark = []
MONDAY = FIRST_DAY + timedelta(days=7)
TUESDAY = MONDAY + timedelta(days=1)


def logged(site: Site, day: date) -> list[dict[str, Any]]:
    return pq.read_table(site.lake.path(PREDICTION_LOG, day.isoformat()), partitioning=None).to_pylist()


def test_the_log_equals_the_store_row_for_row(tmp_path: Path) -> None:
    site = fresh_site(tmp_path)
    kept = [made_for(MONDAY, "b", "7", "söng 🎧"), made_for(MONDAY, "a", "8"), made_for(TUESDAY, "c", at_risk=False)]
    keep(site, *kept)

    site.run(["prediction_log"], MONDAY.isoformat(), TUESDAY.isoformat())

    for day, requests in ((MONDAY, ["a", "b", "b"]), (TUESDAY, ["c"])):
        rows = logged(site, day)
        assert [row["request_id"] for row in rows] == requests
        with snapshot(site.settings.prediction_store_url) as state:
            for row, stored in zip(rows, state.made_for(day, day), strict=True):
                times = {name: row.pop(name) for name in ("as_of", "inference_timestamp")}
                assert {name: epoch(time) for name, time in times.items()} == {
                    name: getattr(stored, name) for name in times
                }
                features = {column.name: row.pop(column.name) for column in FEATURES}
                assert {name: value for name, value in features.items() if value is not None} == {
                    name: value for name, value in stored.features.items() if value is not None
                }
                assert row == {name: getattr(stored, name) for name in row}


def epoch(time: Any) -> int:
    return epoch_ms(time.date()) + (time.hour * 60 + time.minute) * 60_000


def test_days_outside_of_the_log_stand_in_the_nearest_partition(tmp_path: Path) -> None:
    site = fresh_site(tmp_path)
    keep(site, made_for(FIRST_DAY - timedelta(days=400), "early"), made_for(LAST_DAY + timedelta(days=3), "late"))

    site.run(["prediction_log"], FIRST_DAY.isoformat(), LAST_DAY.isoformat())

    assert [row["request_id"] for row in logged(site, FIRST_DAY)] == ["early"]
    (late,) = logged(site, LAST_DAY)
    assert (late["request_id"], late["as_of"].date()) == ("late", LAST_DAY + timedelta(days=4))
    assert logged(site, MONDAY) == []


def test_without_a_store_the_log_is_empty_and_none_is_made(tmp_path: Path) -> None:
    site = fresh_site(tmp_path)

    site.run(["prediction_log"], FIRST_DAY.isoformat())

    assert logged(site, FIRST_DAY) == []
    assert site.states("monitoring")["prediction_log"].stale == {}
    assert not list(tmp_path.glob("predictions*"))


def test_a_day_is_stale_once_other_predictions_were_served_for_it_and_no_other_day_is(tmp_path: Path) -> None:
    site = fresh_site(tmp_path)
    keep(site, made_for(MONDAY, "r1"), made_for(TUESDAY, "r2"))
    site.run(["prediction_log"], MONDAY.isoformat(), TUESDAY.isoformat())
    assert site.states("monitoring")["prediction_log"].stale == {}

    keep(site, made_for(MONDAY, "r3"))

    state = site.states("monitoring")["prediction_log"]
    assert state.stale == {MONDAY.isoformat(): "other predictions were served"}
    site.run(["prediction_log"], MONDAY.isoformat())
    assert site.states("monitoring")["prediction_log"].stale == {}
    assert {row["request_id"] for row in logged(site, MONDAY)} == {"r1", "r3"}


def test_the_newest_days_and_every_day_that_was_served_can_be_made(tmp_path: Path) -> None:
    site = fresh_site(tmp_path)
    day = FIRST_DAY + timedelta(days=20)
    with site.lake.replacing(EVENTS, day.isoformat()) as path:
        schema = arrow_schema(EVENTS)
        pq.write_table(pa.Table.from_pylist([{"user_id": "1"}], schema=schema), path)
    keep(site, made_for(MONDAY, "r1"))

    found = site.states("monitoring")["prediction_log"]

    newest = [(day - timedelta(days=back)).isoformat() for back in (2, 1, 0)]
    assert list(found.keys) == list(found.missing) == [MONDAY.isoformat(), *newest]


def test_a_run_ends_although_predictions_keep_coming(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    site = fresh_site(tmp_path)
    keep(site, made_for(MONDAY, "r1"))
    with open_session(site.settings) as session:
        for number in (2, 3):
            for work in (works := _todo(session, "reports", ())):
                session.run(work, SILENCE)
                keep(site, made_for(MONDAY, f"r{number}"))

        assert [work.why for work in works] == ["prediction_log: other predictions were served"]
        assert _todo(session, "reports", {work.cause for work in works}) == []
        assert _todo(session, "reports", ()) == works, "the next run makes it"


def test_no_raw_event_shows_in_the_ui(tmp_path: Path) -> None:
    site = fresh_site(tmp_path)
    keep(site, made_for(MONDAY, "r1", logs=b'[{"firstName":"Zaphod"}]', features={"gender": "Q"}))

    site.run(["prediction_log"], MONDAY.isoformat())

    told = site.metadata("prediction_log", MONDAY.isoformat())
    assert "Zaphod" not in str(told)
    assert (told["listeners"], told["model versions"]) == (1, "7")


def test_versions_tell_any_two_contents_of_a_day_apart(store_url: str) -> None:
    days = LogDays(date(2026, 5, 1), date(2026, 6, 30))
    seen = set()
    for number in range(4):
        with snapshot(store_url) as state:
            seen.add(tuple(versions(state, days).items()))
        with_store(store_url, f"r{number}")

    assert len(seen) == 4
    assert () in seen


def with_store(url: str, request_id: str) -> None:
    from churn_assets.serving.store import open_store

    with open_store(url) as store:
        store.keep(answer(request_id)).result()


def test_what_is_stored_while_a_snapshot_is_read_is_not_in_it(store_url: str) -> None:
    with_store(store_url, "r1")

    with snapshot(store_url) as state:
        before = state.days()
        with_store(store_url, "r2")
        day = data_day(AS_OF)
        assert state.days() == before
        assert [found.request_id for found in state.made_for(day, day)] == ["r1"]
        assert [found.sequence for found in state.received_after(0)] == [state.newest]


def test_everything_about_a_listener_is_found(store_url: str) -> None:
    from churn_assets.serving.store import open_store

    with open_store(store_url) as store:
        for kept in (answer("r1", "7", "8"), answer("r2", "8"), answer("r3", "7")):
            store.keep(kept).result()

    with snapshot(store_url) as state:
        assert [found.request_id for found in state.made_of("7")] == ["r1", "r3"]


def test_features_of_another_declaration_are_null_or_left_out(tmp_path: Path) -> None:
    (kept,) = answer("r1", features={"freq_7d": 3.0, "a feature of old": 1.0}).predictions

    write(tmp_path / "log.parquet", [kept])

    (row,) = pq.read_table(tmp_path / "log.parquet").to_pylist()
    assert {name: row[name] for name in ("freq_7d", "freq_30d", "device")} == {
        "freq_7d": 3.0,
        "freq_30d": None,
        "device": None,
    }
    assert "a feature of old" not in row


@given(st.dates(), st.dates(), st.dates())
def test_every_day_belongs_to_exactly_one_partition(first: date, last: date, day: date) -> None:
    days = LogDays(min(first, last), max(first, last))

    partition = days.partition_of(day)

    assert partition in days
    earliest, latest = days.days_of(partition)
    assert earliest <= day <= latest
    assert (partition == day) == (day in days)


@pytest.mark.parametrize(("as_of", "day"), [(AS_OF, -1), (AS_OF + 1, 0), (AS_OF - 1, -1), (AS_OF + DAY, 0)])
def test_a_prediction_belongs_to_the_last_day_before_its_cutoff(as_of: int, day: int) -> None:
    assert data_day(as_of) == data_day(AS_OF) + timedelta(days=day + 1)
