"""Collects decoded batches into one Parquet file a day, with bounded memory and few open files."""

from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from churn_assets.contracts.arrow import arrow_schema
from churn_assets.contracts.contract import Contract
from churn_assets.cutoffs import EPOCH, epoch_day
from churn_assets.ingest.decode import Decoded
from churn_assets.ingest.tables import QUARANTINED_LINES, RAW_LOGS
from churn_assets.lake.arrays import numbers_of, of_numbers

BUFFER_BYTES = 32 << 20
OPEN_FILES = 64
RISING = ("line", "ts")
"""Columns whose values hardly repeat but follow each other closely: kept as differences."""
UNLIKE = (*RISING, "length")
"""Columns for which a dictionary would be filled and then thrown away."""


@dataclass(frozen=True)
class Limits:
    """Arrow bytes held back per table before they are written, and Parquet files that a table keeps open."""

    buffer_bytes: int = BUFFER_BYTES
    open_files: int = OPEN_FILES


@dataclass(frozen=True)
class Spooled:
    """The finished files of both tables by day, one for every day that was asked for."""

    raw_logs: Mapping[date, Path]
    quarantined_lines: Mapping[date, Path]


class Spool:
    """Writes what `decode` yields below `folder`, an empty folder of the caller's; rows of a day keep their order.

    As a context manager it closes its files, whatever happens; only `finish` makes the result.
    """

    def __init__(self, folder: Path, days: Collection[date], *, limits: Limits = Limits()) -> None:
        self._days = tuple(sorted(days))
        self._raw_logs = _TableSpool(folder / RAW_LOGS.table, RAW_LOGS, limits)
        self._quarantined_lines = _TableSpool(folder / QUARANTINED_LINES.table, QUARANTINED_LINES, limits)

    def append(self, decoded: Decoded) -> None:
        """Take the next rows; rows of days that were not asked for are an error of the caller's."""
        self._raw_logs.append(decoded.raw_logs)
        self._quarantined_lines.append(decoded.quarantined_lines)

    def finish(self) -> Spooled:
        """Write what is left, and close everything."""
        spooled = Spooled(self._raw_logs.finish(self._days), self._quarantined_lines.finish(self._days))
        # Arrow keeps what it freed, for batches that will not come any more; the engine's work comes next.
        pa.default_memory_pool().release_unused()
        return spooled

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._raw_logs.close()
        self._quarantined_lines.close()


class _TableSpool:
    """One table's rows: held back, then split by day onto as many open files as allowed.

    A day whose file had to be closed continues in another part; parts are joined at the end.
    """

    def __init__(self, folder: Path, contract: Contract, limits: Limits) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._schema = arrow_schema(contract)
        self._limits = limits
        self._held: list[pa.RecordBatch] = []
        self._held_bytes = 0
        self._open: OrderedDict[int, pq.ParquetWriter] = OrderedDict()
        self._parts: dict[int, list[Path]] = {}

    def append(self, batch: pa.RecordBatch) -> None:
        """Hold the rows back, and write all that is held once it is too much."""
        if not batch.num_rows:
            return
        self._held.append(batch)
        self._held_bytes += batch.nbytes
        if self._held_bytes > self._limits.buffer_bytes:
            self._write_held()

    def finish(self, days: Collection[date]) -> dict[date, Path]:
        """The file of each day."""
        if self._held:
            self._write_held()
        self.close()
        return {day: self._whole(day) for day in days}

    def close(self) -> None:
        """Close every open file."""
        while self._open:
            self._open.popitem()[1].close()

    def _write_held(self) -> None:
        # In one piece, since every piece costs something in every column.
        held, self._held, self._held_bytes = pa.Table.from_batches(self._held).combine_chunks(), [], 0
        for day, rows in _by_day(held):
            self._writer(day).write_table(rows)

    def _writer(self, day: int) -> pq.ParquetWriter:
        if day not in self._open:
            while len(self._open) >= self._limits.open_files:
                self._open.popitem(last=False)[1].close()
            parts = self._parts.setdefault(day, [])
            parts.append(self._folder / f"{_date(day)}.part{len(parts)}")
            self._open[day] = self._create(parts[-1])
        self._open.move_to_end(day)
        return self._open[day]

    def _create(self, path: Path) -> pq.ParquetWriter:
        names = self._schema.names
        return pq.ParquetWriter(
            path,
            self._schema,
            compression="zstd",
            use_dictionary=[name for name in names if name not in UNLIKE],
            column_encoding={name: "DELTA_BINARY_PACKED" for name in names if name in RISING},
        )

    def _whole(self, day: date) -> Path:
        """The day's only part, or its parts joined in order, under the day's name."""
        path = self._folder / f"{day}.parquet"
        parts = self._parts.get(epoch_day(day), [])
        if len(parts) == 1:
            return parts[0].rename(path)
        with self._create(path) as writer:
            for rows in _gathered(parts, self._limits.buffer_bytes):
                writer.write_table(rows)
        for part in parts:
            part.unlink()
        return path


def _by_day(held: pa.Table) -> Iterator[tuple[int, pa.Table]]:
    """The rows of each day, in their order, without the day; `held` is in one piece."""
    days = numbers_of(held["day"].chunk(0), np.int32)
    rows = held.drop_columns("day")
    if (np.diff(days) < 0).any():
        order = np.argsort(days, kind="stable")
        days, rows = days[order], rows.take(of_numbers(order, pa.int64()))
    starts = np.flatnonzero(np.diff(days, prepend=days[0] - 1))
    for start, end in zip(starts, [*starts[1:], len(days)], strict=True):
        yield int(days[start]), rows.slice(start, end - start)


def _gathered(parts: Collection[Path], buffer_bytes: int) -> Iterator[pa.Table]:
    """The rows of the parts in order, in tables of about `buffer_bytes`."""
    tables: list[pa.Table] = []
    for part in parts:
        with pq.ParquetFile(part) as file:
            for group in range(file.num_row_groups):
                tables.append(file.read_row_group(group))
                if sum(table.nbytes for table in tables) > buffer_bytes:
                    yield pa.concat_tables(tables)
                    tables = []
    if tables:
        yield pa.concat_tables(tables)


def _date(day: int) -> date:
    return EPOCH + timedelta(days=day)
