"""The columns of lines follow from `LogLine`, and agree with those of `raw_logs`."""

import math

import pyarrow as pa
import pytest
from msgspec import MsgspecError, convert
from msgspec.structs import fields

from churn_assets.ingest.line_table import (
    LINE_COLUMNS,
    LINE_SCHEMA,
    NO_LINES,
    LineColumn,
    as_columns,
    times,
)
from churn_assets.ingest.log_line import PLAUSIBLE_FROM_MS, PLAUSIBLE_UNTIL_MS, LogLine
from churn_assets.ingest.tables import RAW_LOGS
from churn_assets_tests.ingest.lines import EVENT, START

EDGES = (0, 1, -1, 2**53, 2**53 + 1, PLAUSIBLE_FROM_MS, PLAUSIBLE_UNTIL_MS, -(2**63), 2**63 - 1)
FRACTIONS = (*map(float, EDGES), 0.5, 5e-324, 1.7e308, -0.5, math.nextafter(PLAUSIBLE_UNTIL_MS, 0))


def test_the_columns_are_those_of_raw_logs_from_the_time_on() -> None:
    names = [column.name for column in RAW_LOGS.columns]

    assert names[names.index("ts") :] == LINE_SCHEMA.names == [field.name for field in fields(LogLine)]


def is_taken(written: str, value: object) -> bool:
    try:
        convert(EVENT | {written: value}, LogLine)
    except MsgspecError:
        return False
    return True


@pytest.mark.parametrize("column", LINE_COLUMNS, ids=LINE_SCHEMA.names)
def test_a_column_holds_exactly_what_the_field_takes(column: LineColumn) -> None:
    values: tuple[object, ...]
    if column.type == pa.string():
        values = ("", "x", "\u00e9", None)
    else:
        values = (*(EDGES if column.type == pa.int64() else FRACTIONS), None)

    found = [column.holds(pa.array([value], column.type)) for value in values]

    assert found == [is_taken(column.written, value) for value in values]


@pytest.mark.parametrize("number", [math.nan, -math.nan, math.inf, -math.inf, -0.0])
def test_no_column_holds_what_json_cannot_say_or_says_in_two_ways(number: float) -> None:
    fractional = [column for column in LINE_COLUMNS if column.type == pa.float64()]

    assert [column.name for column in fractional] == ["length", "registration"]
    assert not any(column.holds(pa.array([float(START), number, None])) for column in fractional)


def test_lines_as_columns_keep_their_values_and_order() -> None:
    lines = [convert(EVENT | {"itemInSession": n, "song": song}, LogLine) for n, song in enumerate(["a", None])]

    rows = as_columns(lines)

    assert rows.schema == LINE_SCHEMA
    assert rows.to_pylist() == [{name: getattr(one, name) for name in LINE_SCHEMA.names} for one in lines]
    assert as_columns([]) is NO_LINES


def test_times_are_read_of_a_slice_too() -> None:
    rows = as_columns([convert(EVENT | {"ts": START + n}, LogLine) for n in range(5)])

    assert times(rows.slice(2, 2)).tolist() == [START + 2, START + 3]
    assert times(NO_LINES).tolist() == []
