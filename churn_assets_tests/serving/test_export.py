"""Served events as data: what leaves the store, where to, and what it changes."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from churn_assets.cli.run import _export_served_events
from churn_assets.contracts.arrow import arrow_schema
from churn_assets.cutoffs import DAY, epoch_ms
from churn_assets.errors import LandingError
from churn_assets.ingest.events import _literal_device
from churn_assets.ingest.log_line import LogLine
from churn_assets.ingest.tables import DEVICES, EVENTS, QUARANTINED_LINES, RAW_LOGS
from churn_assets.ingest.user_agent import named_device
from churn_assets.lake.lake import Lake
from churn_assets.resources.session import open_session
from churn_assets.serving.export import Bounds, Exported, export, is_behind
from churn_assets.serving.log_days import LogDays
from churn_assets.serving.prediction import Answered
from churn_assets.serving.reader import snapshot
from churn_assets.settings import Settings
from churn_assets_tests.orchestration.tiny import FIRST_DAY, LAST_DAY, Site, day_lines, line, write_lines
from churn_assets_tests.serving.answers import answer
from churn_assets_tests.serving.sites import RECEIVED_AT, fresh_site, keep, sent

pytestmark = []
DAYS = LogDays(FIRST_DAY, LAST_DAY)
INGEST = ["raw_logs", "quarantined_lines", "events"]
BOUNDS = Bounds()
NEW = line(FIRST_DAY, 5, 7, page="Thumbs Up")
IDENTITY = ("user_id", "session_id", "item_in_session", "ts", "page")


def exported(site: Site, *, days: LogDays = DAYS, bounds: Bounds = BOUNDS) -> Exported:
    with snapshot(site.settings.prediction_store_url) as state:
        return export(state, str(site.landing), lake=site.lake, days=days, bounds=bounds)


def served_files(site: Site) -> dict[str, list[dict[str, Any]]]:
    """The lines of every file that was written, by name."""
    files = sorted((site.landing / "served").glob("*/*.jsonl.zst"))
    return {file.name: [json.loads(text) for text in unpacked(file).splitlines()] for file in files}


def unpacked(file: Path) -> bytes:
    return zstandard.ZstdDecompressor().decompressobj().decompress(file.read_bytes())


def table(site: Site, contract: Any, day: date = FIRST_DAY) -> list[dict[str, Any]]:
    return pq.read_table(site.lake.path(contract, day.isoformat()), partitioning=None).to_pylist()


def identities(rows: Sequence[Mapping[str, Any]]) -> set[tuple[Any, ...]]:
    return {tuple(row[name] for name in IDENTITY) for row in rows}


def hold(lake: Lake, day: date, events: Sequence[Mapping[str, Any]]) -> None:
    """Put events into the lake as if ingest had."""
    names = {"userId": "user_id", "sessionId": "session_id", "itemInSession": "item_in_session"}
    rows = [{names.get(name, name): value for name, value in event.items()} for event in events]
    with lake.replacing(EVENTS, day.isoformat()) as path:
        pq.write_table(pa.Table.from_pylist(rows, schema=arrow_schema(EVENTS)), path)


def test_only_what_the_log_does_not_know_is_written_and_becomes_an_event(tmp_path: Path) -> None:
    site = fresh_site(tmp_path)
    site.run(INGEST, FIRST_DAY.isoformat())
    before = table(site, EVENTS)
    keep(site, sent("r1", [*day_lines(FIRST_DAY), NEW]))

    done = exported(site)
    site.run(INGEST, FIRST_DAY.isoformat())

    after = table(site, EVENTS)
    assert (done.events, done.left_out) == (1, {"known already": len(before), "without a listener": 1})
    assert [row for row in after if row["origin"] == "log"] == before
    (served,) = (row for row in after if row["origin"] == "served")
    assert (served["user_id"], served["page"], served["device"]) == ("5", "Thumbs Up", "Desktop")


def test_an_event_that_the_log_brings_later_changes_nothing_but_its_origin(tmp_path: Path) -> None:
    site = fresh_site(tmp_path)
    keep(site, sent("r1", [NEW]))
    exported(site)
    site.run(INGEST, FIRST_DAY.isoformat())
    before = table(site, EVENTS)

    write_lines(site.landing / "zzz-after-served.json", [NEW])
    site.run(INGEST, FIRST_DAY.isoformat())

    after = table(site, EVENTS)
    assert [row for row in before if row["origin"] == "served"]
    assert after == [row | {"origin": "log"} for row in before]
    counts = {c.table: len(table(site, c)) for c in (RAW_LOGS, EVENTS, QUARANTINED_LINES)}
    assert counts == {"raw_logs": len(day_lines(FIRST_DAY)) + 2, "events": len(after), "quarantined_lines": 0}


def test_doing_it_again_changes_nothing_and_more_adds_only_what_is_new(tmp_path: Path) -> None:
    site = fresh_site(tmp_path)
    keep(site, sent("r1", [NEW]))
    exported(site)
    first = served_files(site)

    assert exported(site) == Exported()
    assert served_files(site) == first
    keep(site, sent("r2", [line(FIRST_DAY, 5, 8)], received_at=RECEIVED_AT + DAY))
    assert exported(site).files == ("2024-02-02-000000000002-000000000002.jsonl.zst",)
    assert list(served_files(site)) == [
        "2024-02-01-000000000001-000000000001.jsonl.zst",
        "2024-02-02-000000000002-000000000002.jsonl.zst",
    ]


def test_files_are_bounded_and_split_by_day_of_receipt(tmp_path: Path) -> None:
    site = fresh_site(tmp_path)
    received = [RECEIVED_AT] * 3 + [RECEIVED_AT + DAY] * 2
    keep(site, *[sent(f"r{n}", [line(FIRST_DAY, 5, n)], received_at=at) for n, at in enumerate(received)])

    exported(site, bounds=Bounds(predictions=2))

    assert [name.removesuffix(".jsonl.zst").replace("00000000000", "") for name in served_files(site)] == [
        "2024-02-01-1-2",
        "2024-02-01-3-3",
        "2024-02-02-4-5",
    ]
    assert [len(lines) for lines in served_files(site).values()] == [2, 1, 2]


def test_a_file_is_cut_where_its_raw_events_grow_too_large(tmp_path: Path) -> None:
    site = fresh_site(tmp_path)
    keep(site, *[sent(f"r{n}", [line(FIRST_DAY, 5, n)]) for n in range(3)])

    assert len(exported(site, bounds=Bounds(raw_bytes=700)).files) == 3


def test_an_export_killed_before_or_after_its_file_goes_on_behind_it(tmp_path: Path) -> None:
    site = fresh_site(tmp_path)
    keep(site, sent("r1", [NEW]), sent("r2", [line(FIRST_DAY, 5, 8)]))
    exported(site, bounds=Bounds(predictions=1))
    (folder,) = (site.landing / "served").iterdir()
    (folder / ".cursor").unlink()
    (folder / ".half.jsonl.zst.tmp").write_bytes(b"half")
    assert exported(site) == Exported()

    max(folder.glob("*.zst")).unlink()

    assert exported(site).events == 1
    assert [len(lines) for lines in served_files(site).values()] == [1, 1]


def test_what_is_no_whole_event_of_the_past_stays_in_the_store(tmp_path: Path) -> None:
    site = fresh_site(tmp_path)
    without = {field: {k: v for k, v in NEW.items() if k != field} for field in ("sessionId", "itemInSession", "page")}
    later = line(date(2024, 2, 1), 5) | {"ts": RECEIVED_AT + 1}
    visitor, outside = NEW | {"userId": ""}, NEW | {"ts": epoch_ms(LAST_DAY) + DAY}
    keep(site, sent("r1", [*without.values(), later, visitor, outside, NEW, NEW]))

    done = exported(site)

    assert done.events == 1
    assert done.left_out == {
        **{f"missing_field: {field}": 1 for field in without},
        "later than their receipt": 1,
        "without a listener": 1,
        "outside of the log's days": 1,
        "known already": 1,
    }


def test_iso_times_and_literal_devices_become_lines_that_ingest_takes(tmp_path: Path) -> None:
    site = fresh_site(tmp_path)
    plain = {name: value for name, value in NEW.items() if name != "userAgent"}
    moment = "2024-01-01T10:00:00.250Z"
    keep(site, sent("r1", [plain | {"ts": moment, "device": "mobile"}, plain | {"device": "Fridge", "userId": 77}]))

    exported(site)
    site.run(INGEST, FIRST_DAY.isoformat())

    found = {row["user_id"]: row for row in table(site, EVENTS) if row["origin"] == "served"}
    assert {user: row["device"] for user, row in found.items()} == {"5": "Mobile", "77": "Other"}
    assert found["5"]["ts"].isoformat() == "2024-01-01T10:00:00.250000"
    assert found["5"]["os"] is None
    assert table(site, QUARANTINED_LINES) == []


@pytest.mark.parametrize("written", [*DEVICES, "desktop", " TABLET ", "", "  ", None, "Fridge", "ɐpple", "éCRAN"])
def test_a_named_device_is_the_same_in_a_query_and_in_a_request(written: str | None) -> None:
    column = ibis.table({"device": "string"}, name="lines").device
    query = ibis.to_sql(_literal_device(column).name("device").as_table(), dialect="duckdb")

    with duckdb.connect() as connection:
        connection.register("lines", pa.table({"device": pa.array([written], pa.string())}))
        assert connection.sql(query).fetchall() == [(named_device(written),)]


def predicted(probability: float, *, is_churner: bool) -> list[Answered]:
    """The same raw events with quite different predictions about them."""
    planted = {"features": {"gender": f"planted-{probability}"}, "model_version": f"planted-{probability}"}
    told = {"churn_probability": probability, "churn_pred": is_churner, "at_risk": is_churner}
    logs = json.dumps([NEW, line(FIRST_DAY, 5, 9)]).encode()
    times = {"inference_timestamp": RECEIVED_AT, "logs": logs}
    return [answer(f"planted-{number}", risk_band="planted", **planted, **told, **times) for number in range(2)]


def test_a_models_own_predictions_become_neither_events_nor_labels(tmp_path: Path) -> None:
    one, other = (fresh_site(tmp_path / name) for name in ("one", "other"))
    keep(one, *predicted(0.01, is_churner=False))
    keep(other, *predicted(0.99, is_churner=True))

    for site in (one, other):
        exported(site)
        site.run([*INGEST, "listener_days"], FIRST_DAY.isoformat())

    written = [unpacked(file) for site in (one, other) for file in (site.landing / "served").glob("*/*.zst")]
    assert written[0] == written[1]
    assert b"planted" not in written[0]
    assert {key for lines in served_files(one).values() for event in lines for key in event} == set(
        LogLine.__struct_encode_fields__
    )
    assert {k: v for k, v in one.digests().items() if "raw_logs" not in k} == {
        k: v for k, v in other.digests().items() if "raw_logs" not in k
    }, "labels and features are made of events, and these are the same"


def off(site: Site) -> Site:
    """The same service with served events turned off."""
    other = Site(site.home)
    told = {**site.settings.model_dump(), "use_served_events": False, "_env_file": None}
    vars(other)["settings"] = Settings(**told)
    return other


def test_turned_off_nothing_is_exported_and_what_was_is_no_longer_read(tmp_path: Path) -> None:
    site = fresh_site(tmp_path)
    keep(site, sent("r1", [NEW]))
    site.run(["served_events"])
    site.run(INGEST, FIRST_DAY.isoformat())
    assert {row["origin"] for row in table(site, EVENTS)} == {"log", "served"}

    without = off(site)
    stale = without.states()["raw_logs"].stale
    without.run(["served_events"])
    without.run(INGEST, FIRST_DAY.isoformat())

    assert stale == {FIRST_DAY.isoformat(): "other files have landed"}
    assert {row["origin"] for row in table(without, EVENTS)} == {"log"}
    assert site.states()["raw_logs"].stale == {FIRST_DAY.isoformat(): "other files have landed"}, "on again, read again"


def test_another_store_begins_at_its_first_prediction(tmp_path: Path) -> None:
    site = fresh_site(tmp_path)
    keep(site, sent("r1", [NEW]))
    exported(site)
    for file in tmp_path.glob("predictions.db*"):
        file.unlink()

    keep(site, sent("r1", [line(FIRST_DAY, 5, 8)]))

    assert exported(site).events == 1
    assert len(list((site.landing / "served").iterdir())) == 2


def test_when_the_days_of_the_log_change_what_lies_in_the_new_ones_is_found(tmp_path: Path) -> None:
    site = fresh_site(tmp_path)
    keep(site, sent("r1", [NEW, NEW | {"ts": epoch_ms(LAST_DAY) + DAY}]))
    exported(site)
    hold(site.lake, FIRST_DAY, [NEW])

    done = exported(site, days=LogDays(FIRST_DAY, LAST_DAY + timedelta(days=1)))

    assert (done.events, done.left_out) == (1, {"known already": 1})


def test_whether_there_is_anything_to_export_is_told_cheaply(tmp_path: Path) -> None:
    site = fresh_site(tmp_path)
    landing, url = str(site.landing), site.settings.prediction_store_url
    with snapshot(url) as state:
        assert not is_behind(state, landing, DAYS)
    keep(site, sent("r1", [NEW]))
    with snapshot(url) as state:
        assert is_behind(state, landing, DAYS)
    exported(site)
    with snapshot(url) as state:
        assert not is_behind(state, landing, DAYS)


def bad_landings(home: Path) -> Iterator[tuple[str, str]]:
    (home / "a file").touch()
    (home / "full").mkdir()
    (home / "full" / "served").touch()
    yield "s3://bucket/landing", "CHURN_LANDING"
    yield str(home / "missing"), "does not exist"
    yield str(home / "full"), "CHURN_USE_SERVED_EVENTS"


def test_a_landing_folder_that_cannot_be_written_to_is_named_with_the_settings(tmp_path: Path) -> None:
    site = fresh_site(tmp_path)
    keep(site, sent("r1", [NEW]))

    for landing, words in bad_landings(tmp_path):
        with snapshot(site.settings.prediction_store_url) as state, pytest.raises(LandingError, match=words):
            export(state, landing, lake=site.lake, days=DAYS)


def test_our_own_run_exports_first_and_goes_on_where_it_cannot(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    site = fresh_site(tmp_path)
    keep(site, sent("r1", [NEW]))
    with open_session(site.settings) as session:
        _export_served_events(session)
        assert [len(lines) for lines in served_files(site).values()] == [1]

        keep(site, sent("r2", [line(FIRST_DAY, 5, 8)]))
        (folder,) = (site.landing / "served").iterdir()
        folder.rename(tmp_path / "aside")
        folder.touch()
        _export_served_events(session)

    assert "Served events wait." in capsys.readouterr().out
