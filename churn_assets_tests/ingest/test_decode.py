"""Landing files become rows of raw logs and quarantined lines, every line once."""

from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_assets.errors import LandingError
from churn_assets.ingest.decode import QUARANTINE_SCHEMA, RAW_SCHEMA, Decoded, decode
from churn_assets.ingest.landing import LandingFile, list_landing
from churn_assets_tests.ingest.lines import BAD, FIRST_DAY, LOG_LINES, PROPERTY, SHARED, SPAN, START, land, line, on
from churn_assets_tests.ingest.real_logs import LISTENED, SIMULATED, SIMULATED_DAYS
from churn_assets_tests.ingest.test_archive import PACK

FILES = st.lists(st.tuples(LOG_LINES, st.sampled_from(list(PACK))), max_size=3)
needs_real_logs = pytest.mark.skipif(not SHARED.exists(), reason="the shared logs are not here")


def tables(decoded: Iterable[Decoded]) -> tuple[pa.Table, pa.Table]:
    batches = [(one.raw_logs, one.quarantined_lines) for one in decoded]
    raw, quarantined = zip(*batches, strict=True) if batches else ((), ())
    return pa.Table.from_batches(raw, RAW_SCHEMA), pa.Table.from_batches(quarantined, QUARANTINE_SCHEMA)


def places(table: pa.Table) -> list[tuple[str, int]]:
    return list(zip(table["file"].to_pylist(), table["line"].to_pylist(), strict=True))


def test_a_row_has_the_fields_of_its_line_and_where_it_comes_from(tmp_path: Path) -> None:
    written = line(ts=START + 1796, userId=26, status=200, length=3, registration=1540919166796.0, firstName="Lily")
    files = [land(tmp_path, "deep/a.json", b"?\n" + written)]

    raw, _ = tables(decode(files, **SPAN))

    row = {name: value for name, value in raw.to_pylist()[0].items() if value is not None}
    times = row.pop("ts"), row.pop("registration")
    assert [time.isoformat() for time in times] == ["2018-11-01T00:00:01.796000", "2018-10-30T17:06:06.796000"]
    assert row == {
        "day": FIRST_DAY, "file": "deep/a.json", "line": 2, "origin": "log", "user_id": "26", "session_id": 583,
        "item_in_session": 0, "page": "Home", "status": 200, "length": 3.0, "first_name": "Lily",
    }  # fmt: skip


def test_a_refused_line_is_kept_with_its_place_reason_and_bytes(tmp_path: Path) -> None:
    files = [land(tmp_path, "a.json", on(2) + b"\n\xff\x00\n")]

    _, quarantined = tables(decode(files, **SPAN))

    expected = {"day": date(2018, 11, 3), "file": "a.json", "line": 2, "reason": "invalid_utf8", "content": b"\xff\x00"}
    assert quarantined.to_pylist() == [expected]


@PROPERTY
@given(contents=FILES, wanted=st.none() | st.sets(st.integers(0, 4)))
def test_every_line_of_the_wanted_days_comes_out_once_in_order(
    tmp_path_factory: pytest.TempPathFactory, contents: list[tuple[list[bytes], str]], wanted: set[int] | None
) -> None:
    folder = tmp_path_factory.mktemp("landing")
    for n, (lines, compression) in enumerate(contents):
        land(folder, f"{n}.json{compression}", PACK[compression](b"\n".join([*lines, b""])))
    files = list_landing(str(folder))
    days = None if wanted is None else {date(2018, 11, 1 + n) for n in wanted}

    raw, quarantined = tables(decode(files, days=days, **SPAN))

    every = [(f.name, n) for f, (lines, _) in zip(files, contents, strict=True) for n in range(1, len(lines) + 1)]
    all_days = {
        at: day
        for table in tables(decode(files, **SPAN))
        for at, day in zip(places(table), table["day"].to_pylist(), strict=True)
    }
    assert sorted(all_days) == every
    assert sorted(places(raw) + places(quarantined)) == [at for at in every if days is None or all_days[at] in days]
    assert places(raw) == sorted(places(raw))
    assert places(quarantined) == sorted(places(quarantined))


def test_no_bad_line_of_any_kind_costs_a_neighbour(tmp_path: Path) -> None:
    lines = [one for n, bad in enumerate(BAD) for one in (on(n % 5, itemInSession=n), bad)]
    files = [land(tmp_path, "a.json.gz", PACK[".gz"](b"\n".join(lines)))]

    raw, quarantined = tables(decode(files, **SPAN))

    assert raw["line"].to_pylist() == list(range(1, len(lines), 2))
    assert raw["item_in_session"].to_pylist() == list(range(len(BAD)))
    assert quarantined["reason"].to_pylist() == list(BAD.values())
    assert quarantined["content"].to_pylist() == list(BAD)


def test_lines_before_the_damage_of_an_archive_are_kept(tmp_path: Path) -> None:
    packed = PACK[".zst"](on(1) + b"\n" + on(2) + b"\n") + b"no frame"

    raw, quarantined = tables(decode([land(tmp_path, "a.json.zst", packed), land(tmp_path, "b.json", on(0))], **SPAN))

    assert places(raw) == [("a.json.zst", 1), ("a.json.zst", 2), ("b.json", 1)]
    assert quarantined["reason"].to_pylist() == ["unreadable_archive: corrupt"]
    assert quarantined["day"].to_pylist() == [date(2018, 11, 3)]


def test_a_vanished_file_ends_the_run_with_its_name(tmp_path: Path) -> None:
    gone = LandingFile("gone.json", str(tmp_path / "gone.json"), 1, "1")

    with pytest.raises(LandingError, match=r"gone\.json"):
        list(decode([gone], **SPAN))


def test_each_file_ends_with_what_the_manifest_should_know(tmp_path: Path) -> None:
    files = [land(tmp_path, "a.json", b"\n".join([on(1), on(1), b"?", on(3), on(8)])), land(tmp_path, "b.json", b"")]

    first, second = [one.entry for one in decode(files, days=[date(2018, 11, 4)], **SPAN) if one.entry]

    assert (first.name, first.size, first.version) == ("a.json", files[0].size, files[0].version)
    assert (first.lines, first.rows) == (5, 3)
    assert first.days == {date(2018, 11, 2): 3, date(2018, 11, 4): 2}
    assert first.outside == (date(2018, 11, 9),)
    assert (second.name, second.lines, second.days) == ("b.json", 0, {})


def test_progress_grows_to_the_whole_of_each_file(tmp_path: Path) -> None:
    file = land(tmp_path, "a.json", (on(1) + b"\n") * 18000)

    progress = [(one.consumed, one.lines) for one in decode([file], **SPAN)]

    assert all(before <= after for before, after in pairwise(progress))
    assert progress[0][0] < file.size
    assert progress[-1] == (file.size, 18000)


def test_late_rows_reach_their_own_day_whatever_the_file_is_called(tmp_path: Path) -> None:
    land(tmp_path, "2018-11-04.json", on(3, userId="7") + b"\n" + on(0, userId="late"))
    land(tmp_path, "2018-11-01.json", on(0, userId="26"))

    raw, _ = tables(decode(list_landing(str(tmp_path)), days=[FIRST_DAY], **SPAN))

    assert list(zip(raw["user_id"].to_pylist(), places(raw), strict=True)) == [
        ("26", ("2018-11-01.json", 1)),
        ("late", ("2018-11-04.json", 2)),
    ]


def test_reading_the_same_files_again_gives_the_same(tmp_path: Path) -> None:
    files = [land(tmp_path, "a.json", b"\n".join([on(1), *BAD, on(2)]))]

    once, again = (tables(decode(files, **SPAN)) for _ in range(2))

    assert all(one.equals(other) for one, other in zip(once, again, strict=True))


def real(folder: str, last_day: date) -> tuple[pa.Table, pa.Table]:
    return tables(decode(list_landing(str(SHARED / folder)), first_day=date(2018, 10, 1), last_day=last_day))


@needs_real_logs
def test_the_public_log_is_decoded_to_its_last_line() -> None:
    raw, quarantined = real(LISTENED, date(2018, 11, 30))

    assert (raw.num_rows, quarantined.num_rows) == (8056, 0)
    assert raw["user_id"].to_pylist().count("") == 286
    assert len(raw["user_id"].unique()) == 97 + 1
    assert len(raw["day"].unique()) == 30
    visitors = raw.filter(pa.compute.equal(raw["user_id"], ""))
    assert visitors["first_name"].null_count == visitors["registration"].null_count == 286


@needs_real_logs
@pytest.mark.parametrize("day", SIMULATED_DAYS)
def test_a_simulated_day_is_decoded_to_its_last_line(day: str) -> None:
    files = [file for file in list_landing(str(SHARED / SIMULATED)) if day in file.name]

    raw, quarantined = tables(decode(files, first_day=date.fromisoformat(day), last_day=date.fromisoformat(day)))

    assert quarantined.num_rows == 0
    assert raw["line"].to_pylist() == list(range(1, raw.num_rows + 1))
    assert raw.num_rows > 5000
    assert raw["day"].unique().to_pylist() == [date.fromisoformat(day)]
