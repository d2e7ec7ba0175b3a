"""Decodes landing files into raw logs and quarantined lines, as a stream of small Arrow batches."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import compress
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from churn_assets.contracts.arrow import arrow_schema
from churn_assets.cutoffs import epoch_day
from churn_assets.ingest.dated_lines import DatedLines, DaySpan, Integers, dated_lines
from churn_assets.ingest.landing import LandingFile
from churn_assets.ingest.manifest import FileDays, Tally
from churn_assets.ingest.tables import QUARANTINED_LINES, RAW_LOGS

RAW_SCHEMA = arrow_schema(RAW_LOGS, with_partition=True)
QUARANTINE_SCHEMA = arrow_schema(QUARANTINED_LINES, with_partition=True)


@dataclass(frozen=True)
class Decoded:
    """The next lines of one file: rows of both tables with their `day`, in line order.

    To show progress, `lines` counts the file's lines so far, those of other days included, and `consumed` its stored
    bytes. `entry`, on the last batch of the file only, is what the manifest should know of it.
    """

    file: LandingFile
    raw_logs: pa.RecordBatch
    quarantined_lines: pa.RecordBatch
    lines: int
    consumed: int
    entry: FileDays | None = None


def decode(
    files: Iterable[LandingFile], *, first_day: date, last_day: date, days: Collection[date] | None = None
) -> Iterator[Decoded]:
    """Every line of `files` once, file by file, as a row of `raw_logs` or of `quarantined_lines`.

    Only rows of `days` are given, if they are given. Files should be sorted by name, as `list_landing` sorts them.
    Raises LandingError if a file cannot be read; whatever is wrong inside of one ends in quarantine.
    """
    span = DaySpan(first_day, last_day)
    wanted = None if days is None else np.array(sorted(epoch_day(day) for day in days), np.int64)
    for file in files:
        tally = Tally(file)
        for dated in dated_lines(file, span):
            tally.add(dated)
            kept = dated if wanted is None else _on_days(dated, wanted)
            yield Decoded(file, _raw_batch(file, kept), _quarantine_batch(file.name, kept), tally.lines, dated.consumed)
        yield Decoded(file, _batch(RAW_SCHEMA), _batch(QUARANTINE_SCHEMA), tally.lines, file.size, tally.entry(span))


def _on_days(dated: DatedLines, wanted: Integers) -> DatedLines:
    """The lines of the wanted days alone."""
    rows, faulty = np.isin(dated.row_days, wanted), np.isin(dated.faulty_days, wanted)
    return replace(
        dated,
        rows=list(compress(dated.rows, rows)),
        row_lines=dated.row_lines[rows],
        row_ts=dated.row_ts[rows],
        row_days=dated.row_days[rows],
        faulty=list(compress(dated.faulty, faulty)),
        faulty_days=dated.faulty_days[faulty],
    )


def _raw_batch(file: LandingFile, dated: DatedLines) -> pa.RecordBatch:
    if not dated.rows:
        return _batch(RAW_SCHEMA)
    _, *fields = zip(*map(msgspec.structs.astuple, dated.rows), strict=True)
    name, origin = (pa.repeat(text, len(dated.rows)) for text in (file.name, file.origin))
    return _batch(RAW_SCHEMA, dated.row_days, name, dated.row_lines, origin, dated.row_ts, *fields)


def _quarantine_batch(name: str, dated: DatedLines) -> pa.RecordBatch:
    if not dated.faulty:
        return _batch(QUARANTINE_SCHEMA)
    lines, reasons, contents = zip(*dated.faulty, strict=True)
    return _batch(QUARANTINE_SCHEMA, dated.faulty_days, pa.repeat(name, len(lines)), lines, reasons, contents)


def _batch(schema: pa.Schema, *columns: Any) -> pa.RecordBatch:
    """Rows of `schema`; none at all without `columns`."""
    columns = columns or ((),) * len(schema)
    arrays = [_array(column, field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _array(values: Any, to: pa.DataType) -> pa.Array:
    if pa.types.is_date(to):
        return pa.array(values, pa.int32()).view(to)
    if isinstance(values, np.ndarray) or pa.types.is_integer(to):
        return pa.array(values, pa.int64()).view(to)
    if pa.types.is_timestamp(to):
        # Fractions of a millisecond fall away; all times are positive, so this rounds down.
        return pa.array(values, pa.float64()).cast(pa.int64(), safe=False).view(to)
    return values if isinstance(values, pa.Array) else pa.array(values, to)
