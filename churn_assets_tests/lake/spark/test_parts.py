"""What a worker does with the batches of a task."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_assets.contracts.arrow import arrow_schema
from churn_assets.contracts.contract import Contract, day, integer, text, timestamp
from churn_assets.lake.engine import ROW_GROUP, describe
from churn_assets.lake.spark.parts import PARTITION, REPORT, Part, PartWriter

COLUMNS = (day("day", "Day."), integer("n", "Number."), timestamp("ts", "Time.", nullable=True), text("word", "Word."))
NOTES = Contract("notes", "a note", COLUMNS, ("n",), ("n",), "day")
Row = tuple[int, int]
"""The place of the partition, and a number."""


def batch(rows: Sequence[Row]) -> pa.RecordBatch:
    """A batch as Spark gives it: places, and times as whole numbers."""
    places, numbers = [place for place, _ in rows], [n for _, n in rows]
    columns = {PARTITION: pa.array(places, pa.int32()), "n": pa.array(numbers, pa.int64())}
    times = pa.array([None if n % 3 == 0 else n for n in numbers], pa.int64())
    return pa.record_batch({**columns, "ts": times, "word": pa.array([f"w{n}" for n in numbers])})


def numbers_of(folder: Path, part: Part) -> list[int]:
    return list(pq.ParquetFile(folder / part.name).read().column("n").to_pylist())


@given(rows=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 99)), max_size=40), size=st.integers(1, 7))
def test_each_partition_is_one_file_of_its_rows_in_order_however_the_batches_are_cut(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Row], size: int
) -> None:
    folder, ordered = tmp_path_factory.mktemp("parts"), sorted(rows)
    batches = [batch(ordered[start : start + size]) for start in range(0, len(ordered), size)]

    parts = list(PartWriter(NOTES, str(folder)).parts([batch([]), *batches]))

    expected = {place: [n for other, n in ordered if other == place] for place, _ in ordered}
    assert {part.place: numbers_of(folder, part) for part in parts} == expected
    assert len(list(folder.iterdir())) == len(expected)


def test_files_have_the_contracts_types_and_the_reports_are_what_the_driver_would_find(tmp_path: Path) -> None:
    (part,) = PartWriter(NOTES, str(tmp_path)).parts([batch([(3, 1), (3, 2)])])

    file = tmp_path / part.name
    written = describe("", file)
    assert pq.ParquetFile(file).schema_arrow == arrow_schema(NOTES)
    assert (part.place, part.rows, part.size_bytes, part.sha256) == (3, 2, file.stat().st_size, written.sha256)


def test_row_groups_are_as_large_as_duckdbs_whatever_the_batches_are(tmp_path: Path) -> None:
    rows = [(0, n) for n in range(ROW_GROUP + 10_000)]
    batches = [batch(rows[start : start + 10_000]) for start in range(0, len(rows), 10_000)]

    (part,) = PartWriter(NOTES, str(tmp_path)).parts(batches)

    footer = pq.read_metadata(tmp_path / part.name)
    assert [footer.row_group(n).num_rows for n in range(footer.num_row_groups)] == [ROW_GROUP, 10_000]
    assert numbers_of(tmp_path, part) == [n for _, n in rows]


def test_a_report_is_one_row_a_file_with_the_columns_that_spark_was_told(tmp_path: Path) -> None:
    reports = list(PartWriter(NOTES, str(tmp_path))([batch([(0, 1), (2, 1)])]))

    assert [report.column("place").to_pylist() for report in reports] == [[0], [2]]
    assert reports[0].schema.names == [column.split()[0] for column in REPORT.split(", ")]
