"""Reads many lines at once into Arrow columns, without a Python object a value; odd ones as patiently as ever."""

import msgspec
import pyarrow as pa
from pyarrow import json

from churn_assets.ingest.line_batch import orderly_lines, read_each
from churn_assets.ingest.line_table import LINE_COLUMNS, LINE_SCHEMA, as_columns
from churn_assets.ingest.log_line import Fault

_WRITTEN = pa.schema([(column.written, column.type) for column in LINE_COLUMNS])
_KNOWN_FIELDS = json.ParseOptions(explicit_schema=_WRITTEN, unexpected_field_behavior="error")
_ANY_FIELDS = json.ParseOptions(explicit_schema=_WRITTEN, unexpected_field_behavior="ignore")
_UNEXPECTED = "unexpected field"
"""How Arrow says that a field is not in the schema; only how fast a block is read depends on it."""
_SYNTAX = msgspec.json.Decoder(msgspec.Raw)


def read_columns(data: bytes) -> tuple[pa.RecordBatch, dict[int, Fault]]:
    r"""The good lines of `data` in order as rows of LINE_SCHEMA, and the faults of the others by their index from 0.

    `data` is any number of lines joined by `\n`, without a last line end. Nothing here keeps the interpreter to itself
    for long, so that threads may read several at once.
    """
    lines = _read_at_once(data)
    if lines is not None:
        return lines, {}
    rows, faults = read_each(data)
    return as_columns(rows), faults


def _read_at_once(data: bytes) -> pa.RecordBatch | None:
    """Every line of `data`, or None unless each of them is one good object that means the same to every reader.

    Arrow's parser is laxer than ours: it takes NaN and Infinity as numbers, several objects on a line, one object on
    several, ends in silence at a NUL byte, and does not look at encodings. The last four end at `orderly_lines` and at
    the count of rows; NaN and Infinity at the bounds of the numbers that we know, and at `_is_json` where Arrow skips
    fields that we do not know. Whatever it refuses is read again elsewhere, so it may be as strict as it likes.
    """
    count = orderly_lines(data)
    table = _parsed(data) if count else None
    if table is None or table.num_rows != count:
        return None
    [lines] = table.combine_chunks().to_batches()
    if not all(column.holds(values) for column, values in zip(LINE_COLUMNS, lines.columns, strict=True)):
        return None
    return pa.RecordBatch.from_arrays(lines.columns, schema=LINE_SCHEMA)


def _parsed(data: bytes) -> pa.Table | None:
    try:
        return _parse(data, _KNOWN_FIELDS)
    except pa.ArrowInvalid as refusal:
        if _UNEXPECTED not in str(refusal) or not _is_json(data):
            return None
    try:
        return _parse(data, _ANY_FIELDS)
    except pa.ArrowInvalid:
        return None


def _parse(data: bytes, options: json.ParseOptions) -> pa.Table:
    whole = json.ReadOptions(use_threads=False, block_size=len(data) + 1)
    return json.read_json(pa.BufferReader(data), read_options=whole, parse_options=options)


def _is_json(data: bytes) -> bool:
    """Whether all values are written as JSON says, the skipped ones too, and none is nested too deeply."""
    try:
        _SYNTAX.decode_lines(data)
    except (msgspec.MsgspecError, RecursionError):
        return False
    return True
