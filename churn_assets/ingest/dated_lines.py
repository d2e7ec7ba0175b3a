"""Gives every line of a landing file its day, the good ones and the others."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from churn_assets.cutoffs import DAY, epoch_day
from churn_assets.ingest.ahead import worked_ahead
from churn_assets.ingest.arrow_lines import read_columns
from churn_assets.ingest.chunks import BLOCK_BYTES, Chunk, read_chunks
from churn_assets.ingest.landing import LandingFile
from churn_assets.ingest.line_table import NO_LINES, times
from churn_assets.ingest.log_line import Fault, Reason
from churn_assets.lake.arrays import Booleans, Integers, of_flags

THREADS = 2
_UNKNOWN = np.iinfo(np.int64).min
_NO_DAYS: Integers = np.empty(0, np.int64)


@dataclass(frozen=True)
class DaySpan:
    """The days of the log, first and last included."""

    first: date
    last: date

    def contains(self, epoch_days: Integers) -> Booleans:
        """Which of the days, counted from 1970-01-01, lie in the span."""
        inside: Booleans = (epoch_days >= epoch_day(self.first)) & (epoch_days <= epoch_day(self.last))
        return inside


class FaultyLine(NamedTuple):
    """One line that cannot be used: its number from 1, the reason, its bytes."""

    line: int
    reason: str
    content: bytes


@dataclass(frozen=True)
class DatedLines:
    """Some lines of one file in order, each either a row or faulty, each with its day counted from 1970-01-01.

    `rows` are of LINE_SCHEMA. `outside` holds the days of lines that carry one, but one outside the span. `consumed`
    is how many stored bytes of the file were read so far.
    """

    rows: pa.RecordBatch
    row_lines: Integers
    row_days: Integers
    faulty: Sequence[FaultyLine]
    faulty_days: Integers
    outside: Integers
    consumed: int

    @property
    def lines(self) -> int:
        """Number of lines, good and faulty."""
        return int(self.rows.num_rows) + len(self.faulty)


def dated_lines(
    file: LandingFile, span: DaySpan, *, block_bytes: int = BLOCK_BYTES, threads: int = THREADS
) -> Iterator[DatedLines]:
    """Every line of `file` once, in order, with its day; LandingError if the file cannot be read.

    A line belongs to the UTC day of its `ts`, if that can be read and lies in `span`. Any other line is faulty and
    belongs to the day of the last row before it in the file, else to that of the first row after it, else to the
    first day of the span. So many `threads` decode what comes next meanwhile.
    """
    last: int | None = None
    for chunk, (rows, faults) in worked_ahead(_read, read_chunks(file, block_bytes=block_bytes), threads=threads):
        ts = times(rows)
        if last is None:
            last = _first_inside(ts, span)
        if not faults and span.contains(ts // DAY).all():
            dated = DatedLines(rows, chunk.numbers, ts // DAY, (), _NO_DAYS, _NO_DAYS, chunk.consumed)
        else:
            last = _first_day(file, span) if last is None else last
            dated = _date_mixed(chunk, _Read(rows, ts, faults), span, last)
        last = int(dated.row_days[-1]) if len(dated.row_days) else last
        yield dated


def _read(chunk: Chunk) -> tuple[pa.RecordBatch, dict[int, Fault]]:
    """The good lines of a chunk, and the faults of the others by index."""
    return (NO_LINES, {0: chunk.fault}) if chunk.fault else read_columns(chunk.data)


def _first_inside(ts: Integers, span: DaySpan) -> int | None:
    """The first of the times' days that lies in the span."""
    days = ts // DAY
    inside = days[span.contains(days)]
    return int(inside[0]) if len(inside) else None


def _first_day(file: LandingFile, span: DaySpan) -> int:
    """Day of the first row of `file`: a second reading instead of holding back what may be the whole file."""
    for chunk in read_chunks(file):
        if (day := _first_inside(times(_read(chunk)[0]), span)) is not None:
            return day
    return epoch_day(span.first)


class _Read(NamedTuple):
    """The good lines of a chunk, their times, and the faults of the others by index."""

    rows: pa.RecordBatch
    ts: Integers
    faults: Mapping[int, Fault]


def _date_mixed(chunk: Chunk, read: _Read, span: DaySpan, last: int) -> DatedLines:
    """Days of a chunk of which not every line is a row; `last` is the day of the last row before it."""
    index = np.arange(chunk.lines)
    good = np.delete(index, list(read.faults))
    own = np.full(chunk.lines, _UNKNOWN)
    own[good] = read.ts // DAY
    for at, fault in read.faults.items():
        own[at] = _UNKNOWN if fault.ts is None else fault.ts // DAY
    is_inside = span.contains(own)
    is_row = is_inside & np.isin(index, good)
    last_row = np.maximum.accumulate(np.where(is_row, index, -1))
    days = np.where(is_inside, own, np.where(last_row >= 0, own[last_row], last))
    return DatedLines(
        rows=read.rows.filter(of_flags(is_row[good])),
        row_lines=chunk.numbers[is_row],
        row_days=days[is_row],
        faulty=_faulty_lines(chunk, read.faults, np.flatnonzero(~is_row)),
        faulty_days=days[~is_row],
        outside=np.unique(own[~is_inside & (own != _UNKNOWN)]),
        consumed=chunk.consumed,
    )


def _faulty_lines(chunk: Chunk, faults: Mapping[int, Fault], at: Integers) -> list[FaultyLine]:
    """The lines at the indices `at`; whichever of them has no fault of its own is out of range."""
    lines = chunk.data.split(b"\n") if chunk.fault is None else [chunk.data]
    reasons = ((i, faults[i].reason if i in faults else str(Reason.OUT_OF_RANGE)) for i in at.tolist())
    return [FaultyLine(chunk.first_line + i, reason, lines[i]) for i, reason in reasons]
