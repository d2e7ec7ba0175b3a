"""Log lines as Arrow columns: which ones, and what `LogLine` demands of their values."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import inspect

from churn_assets.ingest.log_line import LogLine
from churn_assets.lake.arrays import Integers, no_rows, numbers_of

_ANY_LENGTH = int(np.iinfo(np.int32).max)


@dataclass(frozen=True)
class LineColumn:
    """One field of a line: its name, its name in the log, and what its values must be.

    `least` and `most` bound whole numbers, lengths of texts in bytes, and of other numbers the 64 bits that hold them,
    read as a whole number. Those are in the order of the numbers from 0 on; what is negative (-0.0 too), infinite or no
    number lies outside.
    """

    name: str
    written: str
    type: pa.DataType
    is_required: bool
    least: int | None
    most: int

    def holds(self, values: pa.Array) -> bool:
        """Whether all values are such as `LogLine` takes."""
        if self.is_required and values.null_count:
            return False
        if self.least is None:
            return True
        sizes = pc.binary_length(values) if pa.types.is_string(self.type) else values.view(pa.int64())
        found = pc.min_max(sizes).as_py()
        return found["min"] is None or bool(self.least <= found["min"] and found["max"] <= self.most)


def _line_columns() -> Iterator[LineColumn]:
    """The fields of `LogLine`, in their order."""
    described = inspect.type_info(LogLine)
    assert isinstance(described, inspect.StructType)
    for field in described.fields:
        kinds = field.type.types if isinstance(field.type, inspect.UnionType) else (field.type,)
        kind, least, most = _typed(field.name, kinds[0])
        yield LineColumn(field.name, field.encode_name, kind, field.required, least, most)


def _typed(name: str, kind: inspect.Type) -> tuple[pa.DataType, int | None, int]:
    """The type of a field's column, and its bounds."""
    match kind:
        case inspect.IntType(ge=int(least), le=int(most)):
            return pa.int64(), least, most
        case inspect.IntType(ge=int(least), lt=int(end)):
            return pa.int64(), least, end - 1
        case inspect.FloatType(ge=(int() | float()) as least, lt=end):
            return pa.float64(), _bits(least), _bits(np.inf if end is None else end) - 1
        case inspect.StrType(min_length=shortest):
            return pa.string(), shortest, _ANY_LENGTH
    message = f"LogLine.{name} is of a type that has no column: {kind}"
    raise TypeError(message)


def _bits(number: float) -> int:
    return int(np.float64(number).view(np.int64))


LINE_COLUMNS = tuple(_line_columns())
LINE_SCHEMA = pa.schema([(column.name, column.type) for column in LINE_COLUMNS])
"""The columns of `raw_logs` from `ts` on, in their order, with times as the numbers that the log has."""
NO_LINES = no_rows(LINE_SCHEMA)


def as_columns(lines: Sequence[LogLine]) -> pa.RecordBatch:
    """Lines as rows of LINE_SCHEMA, in their order."""
    if not lines:
        return NO_LINES
    fields = zip(*map(msgspec.structs.astuple, lines), strict=True)
    arrays = [pa.array(values, column.type) for values, column in zip(fields, LINE_COLUMNS, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=LINE_SCHEMA)


def times(lines: pa.RecordBatch) -> Integers:
    """The times of some lines, in epoch milliseconds."""
    return numbers_of(lines.column("ts"), np.int64)
