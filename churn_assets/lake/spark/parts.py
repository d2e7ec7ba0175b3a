"""What workers do with the rows of a table: write the file of each partition, and say what is in it.

This runs in Python processes beside Spark's executors, to which this package is shipped. They need pyarrow, and the
folder that the lake lies in.
"""

import os
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from churn_assets.contracts.arrow import arrow_schema
from churn_assets.contracts.contract import Contract
from churn_assets.lake.engine import ROW_GROUP, describe

PARTITION = "__partition"
"""The column that says which partition a row belongs to, by its place among the keys that were asked for."""
REPORT = "place int, name string, rows bigint, size_bytes bigint, sha256 string"


@dataclass(frozen=True)
class Part:
    """A finished file: which partition it is (its place among the keys), its name, and what is in it."""

    place: int
    name: str
    rows: int
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class PartWriter:
    """Writes rows that come in order of partitions to one file a partition in `folder`, a few rows at a time."""

    contract: Contract
    folder: str

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Take the batches of a task, and give one row of REPORT for each file."""
        schema = pa.schema([("place", pa.int32()), ("name", pa.string()), *_COUNTS, ("sha256", pa.string())])
        for part in self.parts(batches):
            yield pa.record_batch([pa.array([value]) for value in astuple(part)], schema=schema)

    def parts(self, batches: Iterable[pa.RecordBatch]) -> Iterator[Part]:
        """Write the files, each finished and fsynced before it is told of."""
        file: _File | None = None
        for place, rows in _stretches(batches):
            if file is None or place != file.place:
                if file is not None:
                    yield file.finish()
                file = _File(place, Path(self.folder), arrow_schema(self.contract))
            file.add(rows)
        if file is not None:
            yield file.finish()


_COUNTS = [("rows", pa.int64()), ("size_bytes", pa.int64())]


def _stretches(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[int, pa.RecordBatch]]:
    """The rows of the same partition that follow each other, without the column that says so."""
    import pyarrow.compute as pc

    for batch in batches:
        if batch.num_rows:
            runs = pc.run_end_encode(batch.column(PARTITION))
            start, rows = 0, batch.drop_columns([PARTITION])
            for place, end in zip(runs.values.to_pylist(), runs.run_ends.to_pylist(), strict=True):
                yield place, rows.slice(start, end - start)
                start = end


@dataclass
class _File:
    """A Parquet file as it grows, a row group at a time."""

    place: int
    folder: Path
    schema: pa.Schema
    name: str = field(default_factory=lambda: f"{uuid.uuid4().hex}.parquet")
    waiting: list[pa.RecordBatch] = field(default_factory=list)

    def __post_init__(self) -> None:
        import pyarrow.parquet as pq

        self.writer: Any = pq.ParquetWriter(self.path, self.schema, compression="zstd")

    @property
    def path(self) -> Path:
        return self.folder / self.name

    def add(self, rows: pa.RecordBatch) -> None:
        """Take some rows; whole row groups are written."""
        self.waiting.append(rows)
        while sum(batch.num_rows for batch in self.waiting) >= ROW_GROUP:
            together = pa.Table.from_batches(self.waiting)
            self._write(together.slice(0, ROW_GROUP))
            self.waiting = together.slice(ROW_GROUP).to_batches()

    def finish(self) -> Part:
        """Write what is left, and tell what is in the file."""
        if self.waiting:
            self._write(pa.Table.from_batches(self.waiting))
        self.writer.close()
        with self.path.open("rb") as file:
            os.fsync(file.fileno())
        written = describe("", self.path)
        return Part(self.place, self.name, written.rows, written.size_bytes, written.sha256)

    def _write(self, rows: pa.Table) -> None:
        self.writer.write_table(rows.cast(self.schema), row_group_size=ROW_GROUP)
