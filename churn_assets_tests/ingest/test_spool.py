"""Decoded rows end in one file a day, in order, however little is held back."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_assets.contracts.arrow import arrow_schema
from churn_assets.cutoffs import DAY, days_between
from churn_assets.errors import LandingError
from churn_assets.ingest.decode import decode
from churn_assets.ingest.landing import LandingFile
from churn_assets.ingest.spool import Limits, Spool, Spooled
from churn_assets.ingest.tables import QUARANTINED_LINES, RAW_LOGS
from churn_assets_tests.ingest.lines import FILE_PROPERTY, FIRST_DAY, LAST_DAY, LOG_LINES, SPAN, START, land, line, on
from churn_assets_tests.ingest.test_decode import tables

DAYS = tuple(days_between(FIRST_DAY, LAST_DAY))
LIMITS = [
    Limits(),
    Limits(buffer_bytes=1, open_files=1),
    Limits(buffer_bytes=1, open_files=2),
    Limits(buffer_bytes=2000),
]


def spool(folder: Path, files: list[LandingFile], limits: Limits, days: tuple[date, ...] = DAYS) -> Spooled:
    with Spool(folder, days, limits=limits) as open_spool:
        for one in decode(files, days=days, **SPAN):
            open_spool.append(one)
        return open_spool.finish()


def joined(paths: Mapping[date, Path]) -> pa.Table:
    found = []
    for day, path in paths.items():
        rows = pq.read_table(path, partitioning=None)
        found.append(rows.add_column(0, "day", pa.repeat(pa.scalar(day, pa.date32()), rows.num_rows)))
    return pa.concat_tables(found)


@FILE_PROPERTY
@given(contents=st.lists(LOG_LINES, max_size=3), limits=st.sampled_from(LIMITS))
def test_the_files_hold_each_days_rows_in_order(
    tmp_path_factory: pytest.TempPathFactory, contents: list[list[bytes]], limits: Limits
) -> None:
    folder = tmp_path_factory.mktemp("landing")
    files = [land(folder, f"{n}.json", b"\n".join(lines)) for n, lines in enumerate(contents)]

    spooled = spool(folder / "spool", files, limits)

    for found, expected in zip(
        (spooled.raw_logs, spooled.quarantined_lines), tables(decode(files, **SPAN)), strict=True
    ):
        assert joined(found).equals(
            expected.sort_by([("day", "ascending"), ("file", "ascending"), ("line", "ascending")])
        )


@pytest.mark.parametrize("limits", LIMITS, ids=str)
def test_days_in_turn_and_tiny_buffers_end_in_one_file_a_day(tmp_path: Path, limits: Limits) -> None:
    files = [land(tmp_path, f"{n}.json", b"\n".join(on(day) for day in (4, 0, 2, 0))) for n in range(3)]

    spooled = spool(tmp_path / "spool", files, limits)

    assert [pq.read_metadata(path).num_rows for path in spooled.raw_logs.values()] == [6, 0, 3, 0, 3]
    assert sorted(path.name for path in (tmp_path / "spool" / "raw_logs").iterdir()) == [
        f"{day}.parquet" for day in DAYS
    ]


def test_times_and_line_numbers_kept_as_differences_are_read_as_they_were(tmp_path: Path) -> None:
    times = [START + shift for shift in (5, 0, 7_000_000, 1, DAY - 1, 1)]
    file = land(tmp_path, "a.json", b"\n\n".join(line(ts=time) for time in times))

    path = spool(tmp_path / "spool", [file], LIMITS[0]).raw_logs[FIRST_DAY]

    group = pq.read_metadata(path).row_group(0)
    kept = {group.column(n).path_in_schema: group.column(n).encodings for n in range(group.num_columns)}
    assert all("DELTA_BINARY_PACKED" in kept[name] for name in ("line", "ts"))
    found = duckdb.sql(f"SELECT line, epoch_ms(ts) FROM read_parquet('{path}')").fetchall()
    assert found == [(2 * n + 1, time) for n, time in enumerate(times)]


def test_every_wanted_day_has_a_file_of_the_tables_schema_even_without_rows(tmp_path: Path) -> None:
    spooled = spool(tmp_path / "spool", [], Limits())

    assert tuple(spooled.raw_logs) == tuple(spooled.quarantined_lines) == DAYS
    assert {pq.read_schema(path) for path in spooled.raw_logs.values()} == {arrow_schema(RAW_LOGS)}
    assert {pq.read_schema(path) for path in spooled.quarantined_lines.values()} == {arrow_schema(QUARANTINED_LINES)}


def test_only_wanted_days_have_files(tmp_path: Path) -> None:
    files = [land(tmp_path, "a.json", b"\n".join(on(day) for day in range(5)))]

    spooled = spool(tmp_path / "spool", files, Limits(), DAYS[1:3])

    assert tuple(spooled.raw_logs) == DAYS[1:3]
    assert joined(spooled.raw_logs)["line"].to_pylist() == [2, 3]


def test_a_failure_leaves_no_finished_file(tmp_path: Path) -> None:
    file, gone = land(tmp_path, "a.json", on(0)), LandingFile("gone.json", str(tmp_path / "gone.json"), 1, "1")

    with pytest.raises(LandingError):
        spool(tmp_path / "spool", [file, gone], LIMITS[1])

    assert not list((tmp_path / "spool").rglob("*.parquet"))
