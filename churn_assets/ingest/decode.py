"""Decodes landing files into raw logs and quarantined lines, as a stream of small Arrow batches."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import compress

import numpy as np
import pyarrow as pa

from churn_assets.contracts.arrow import arrow_schema
from churn_assets.cutoffs import epoch_day
from churn_assets.ingest.dated_lines import THREADS, DatedLines, DaySpan, dated_lines
from churn_assets.ingest.landing import LandingFile
from churn_assets.ingest.line_table import LINE_SCHEMA
from churn_assets.ingest.manifest import FileDays, Tally
from churn_assets.ingest.tables import QUARANTINED_LINES, RAW_LOGS
from churn_assets.lake.arrays import Integers, no_rows, of_flags, of_numbers, repeated

RAW_SCHEMA = arrow_schema(RAW_LOGS, with_partition=True)
QUARANTINE_SCHEMA = arrow_schema(QUARANTINED_LINES, with_partition=True)


_NO_RAW_LOGS, _NO_QUARANTINED_LINES = no_rows(RAW_SCHEMA), no_rows(QUARANTINE_SCHEMA)


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
    files: Iterable[LandingFile],
    *,
    first_day: date,
    last_day: date,
    days: Collection[date] | None = None,
    threads: int = THREADS,
) -> Iterator[Decoded]:
    """Every line of `files` once, file by file, as a row of `raw_logs` or of `quarantined_lines`.

    Only rows of `days` are given, if they are given. Files should be sorted by name, as `list_landing` sorts them.
    Raises LandingError if a file cannot be read; whatever is wrong inside of one ends in quarantine.
    """
    span = DaySpan(first_day, last_day)
    wanted = None if days is None else np.array(sorted(epoch_day(day) for day in days), np.int64)
    for file in files:
        tally = Tally(file)
        for dated in dated_lines(file, span, threads=threads):
            tally.add(dated)
            kept = dated if wanted is None else _on_days(dated, wanted)
            yield Decoded(file, _raw_batch(file, kept), _quarantine_batch(file.name, kept), tally.lines, dated.consumed)
        yield Decoded(file, _NO_RAW_LOGS, _NO_QUARANTINED_LINES, tally.lines, file.size, tally.entry(span))


def _on_days(dated: DatedLines, wanted: Integers) -> DatedLines:
    """The lines of the wanted days alone."""
    rows, faulty = np.isin(dated.row_days, wanted), np.isin(dated.faulty_days, wanted)
    if rows.all() and faulty.all():
        return dated
    return replace(
        dated,
        rows=dated.rows.filter(of_flags(rows)),
        row_lines=dated.row_lines[rows],
        row_days=dated.row_days[rows],
        faulty=list(compress(dated.faulty, faulty)),
        faulty_days=dated.faulty_days[faulty],
    )


def _raw_batch(file: LandingFile, dated: DatedLines) -> pa.RecordBatch:
    count = dated.rows.num_rows
    name, origin = repeated(file.name, count), repeated(file.origin, count)
    fields = [_as_kept(field, values) for field, values in zip(LINE_SCHEMA, dated.rows.columns, strict=True)]
    columns = [_dates(dated.row_days), name, of_numbers(dated.row_lines, pa.int64()), origin, *fields]
    return pa.RecordBatch.from_arrays(columns, schema=RAW_SCHEMA)


def _as_kept(field: pa.Field, values: pa.Array) -> pa.Array:
    """A field of lines in the type of its column: times are numbers in a log."""
    to = RAW_SCHEMA.field(field.name).type
    if not pa.types.is_timestamp(to):
        return values
    # Fractions of a millisecond fall away; all times are positive, so this rounds down.
    return values.cast(pa.int64(), safe=False).view(to)


def _quarantine_batch(name: str, dated: DatedLines) -> pa.RecordBatch:
    if not dated.faulty:
        return _NO_QUARANTINED_LINES
    lines, reasons, contents = zip(*dated.faulty, strict=True)
    columns = [pa.array(lines, pa.int64()), pa.array(reasons, pa.string()), pa.array(contents, pa.binary())]
    columns = [_dates(dated.faulty_days), repeated(name, len(lines)), *columns]
    return pa.RecordBatch.from_arrays(columns, schema=QUARANTINE_SCHEMA)


def _dates(days: Integers) -> pa.Array:
    return of_numbers(days.astype(np.int32), pa.date32())
