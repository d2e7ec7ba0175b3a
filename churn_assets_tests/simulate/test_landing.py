import gzip
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import orjson
import pytest

from churn_assets.cutoffs import day_of, days_between
from churn_assets.simulate import Simulated, World, write_logs
from churn_assets_tests.simulate.conftest import SMALL, Log, read_lines

TINY = replace(SMALL, listeners=40, days=4)
CLEAN = replace(TINY, late_share=0.0, duplicate_share=0.0, broken_share=0.0, has_visitors=False)


def test_every_day_has_its_file(small_log: Log) -> None:
    last = SMALL.first_day + timedelta(days=SMALL.days - 1)

    assert list(small_log.lines) == list(days_between(SMALL.first_day, last))
    assert small_log.simulated.files == SMALL.days


def test_nothing_half_written_stays_behind(small_log: Log) -> None:
    assert not [path for path in small_log.landing.iterdir() if path.name.startswith(".")]


def test_the_counts_are_those_of_the_files(small_log: Log) -> None:
    rows, events = small_log.rows, small_log.events
    told = small_log.simulated

    assert told.events == len(events)
    assert told.listeners == len({row["userId"] for row in events})
    assert told.cancelled == sum(row["page"] == "Cancellation Confirmation" for row in events)
    assert told.visitor_rows + told.events + told.duplicates == len(rows)
    assert told.broken_lines == sum(map(len, small_log.lines.values())) - len(rows)
    assert min(told.duplicates, told.broken_lines, told.visitor_rows, told.late_rows) > 0


def test_late_rows_lie_in_the_file_of_a_later_day(small_log: Log) -> None:
    late = [
        (file - day_of(row["ts"])).days
        for file, lines in small_log.lines.items()
        for row in Log(small_log.landing, small_log.simulated, {file: lines}).rows
        if day_of(row["ts"]) != file
    ]

    assert set(late) == {1, 2, 3}
    assert len(late) >= small_log.simulated.late_rows


def test_rows_of_a_day_are_in_order_of_time(small_log: Log) -> None:
    for file, lines in small_log.lines.items():
        own = Log(small_log.landing, small_log.simulated, {file: lines}).rows
        times = [row["ts"] for row in own if day_of(row["ts"]) == file]
        assert times == sorted(times)


@pytest.mark.parametrize("world", [TINY, CLEAN])
def test_the_same_world_is_written_in_the_same_bytes(world: World, tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"

    told = [write_logs(world, folder) for folder in (one, other)]

    assert told[0] == told[1]
    assert [path.read_bytes() for path in sorted(one.iterdir())] == [
        path.read_bytes() for path in sorted(other.iterdir())
    ]


def test_a_longer_world_starts_with_the_same_files(tmp_path: Path) -> None:
    short, long = tmp_path / "short", tmp_path / "long"

    write_logs(TINY, short)
    write_logs(replace(TINY, days=6), long)

    assert len(list(long.iterdir())) == 6
    assert all((long / path.name).read_bytes() == path.read_bytes() for path in short.iterdir())


def test_a_clean_world_has_events_and_nothing_else(tmp_path: Path) -> None:
    told = write_logs(CLEAN, tmp_path)

    lines = [line for lines in read_lines(tmp_path).values() for line in lines]
    assert told == Simulated(
        files=4,
        events=len(lines),
        visitor_rows=0,
        late_rows=0,
        duplicates=0,
        broken_lines=0,
        listeners=told.listeners,
        cancelled=told.cancelled,
    )
    assert all(orjson.loads(line)["userId"] for line in lines)


def test_defects_do_not_change_what_happened(tmp_path: Path) -> None:
    write_logs(CLEAN, tmp_path / "clean")
    write_logs(replace(CLEAN, duplicate_share=0.1, broken_share=0.05), tmp_path / "dirty")

    clean, dirty = (
        [line for lines in read_lines(tmp_path / name).values() for line in lines] for name in ("clean", "dirty")
    )
    assert set(clean) <= set(dirty)


def test_rows_of_a_session_that_crosses_midnight_lie_in_both_days(small_log: Log) -> None:
    days: dict[tuple[str, int], set[str]] = {}
    for row in small_log.events:
        days.setdefault((row["userId"], row["sessionId"]), set()).add(str(day_of(row["ts"])))

    assert {len(on) for on in days.values()} == {1, 2}


def test_session_ids_are_shared_by_listeners(small_log: Log) -> None:
    listeners: dict[int, set[str]] = {}
    for row in small_log.events:
        listeners.setdefault(row["sessionId"], set()).add(row["userId"])

    assert {len(who) for who in listeners.values()} == {1, 2}


def test_progress_is_told_day_by_day(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []

    simulated = write_logs(TINY, tmp_path, progress=lambda days, events: told.append((days, events)))

    assert [days for days, _ in told] == [1, 2, 3, 4]
    assert told[-1][1] == simulated.events
    assert told == sorted(told)


def test_files_that_are_there_are_replaced(tmp_path: Path) -> None:
    stale = tmp_path / f"{TINY.first_day}.json.gz"
    stale.write_bytes(b"stale")

    write_logs(TINY, tmp_path)

    assert gzip.decompress(stale.read_bytes()).endswith(b"}\n")


def test_the_personal_fields_are_written_for_every_event_and_no_visitor(small_log: Log) -> None:
    for row in small_log.rows:
        assert ("registration" in row) == ("gender" in row) == bool(row["userId"])


def test_songs_make_up_most_of_the_log(small_log: Log) -> None:
    plays = [row for row in small_log.events if row["page"] == "NextSong"]

    assert 0.6 < len(plays) / len(small_log.events) < 0.9
    assert all(1 <= row["length"] <= 2_595 for row in plays)


def test_nobody_listens_before_the_world_begins_or_after_it_ends(small_log: Log) -> None:
    days = {day_of(row["ts"]) for row in small_log.rows}

    assert min(days) == SMALL.first_day
    assert max(days) == SMALL.first_day + timedelta(days=SMALL.days - 1)


def test_a_missing_landing_folder_is_made(tmp_path: Path) -> None:
    landing = tmp_path / "not" / "there"

    write_logs(replace(TINY, days=1), landing)

    assert [path.name for path in landing.iterdir()] == ["2026-01-02.json.gz"]
