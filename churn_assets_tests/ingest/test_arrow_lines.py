"""Lines that become columns at once mean what each of them means alone to the patient reader."""

import pyarrow as pa
import pytest
from hypothesis import given, settings

from churn_assets.ingest import arrow_lines
from churn_assets.ingest.arrow_lines import read_columns
from churn_assets.ingest.exact_line import read_line
from churn_assets.ingest.line_batch import read_lines
from churn_assets.ingest.line_table import as_columns
from churn_assets.ingest.log_line import Fault, LogLine
from churn_assets_tests.ingest.hostile import hostile_data
from churn_assets_tests.ingest.lines import BAD, LOG_LINES, PROPERTY, START, line, with_token

MANY = settings(PROPERTY, max_examples=600)
Found = tuple[list[object], dict[int, Fault]]


def at_once(data: bytes) -> list[object] | None:
    """What the fast way makes of lines; None if it leaves them to the patient one."""
    found = arrow_lines._read_at_once(data)
    return None if found is None else to_the_bit(found)


def to_the_bit(rows: pa.RecordBatch) -> list[object]:
    """The rows as they are kept: whole milliseconds, and the bits of fractional numbers, as -0.0 equals 0.0."""
    registered, length = (rows.schema.get_field_index(name) for name in ("registration", "length"))
    rows = rows.set_column(registered, "registration", rows.column(registered).cast(pa.int64(), safe=False))
    return rows.set_column(length, "length", rows.column(length).view(pa.int64())).to_pylist()


def found_by_arrow(data: bytes) -> Found:
    rows, faults = read_columns(data)
    return to_the_bit(rows), faults


def found_by_msgspec(data: bytes) -> Found:
    rows, faults = read_lines(data)
    return to_the_bit(as_columns(rows)), faults


def found_patiently(data: bytes) -> Found:
    read = [read_line(one) for one in data.split(b"\n")]
    rows = [one for one in read if isinstance(one, LogLine)]
    return to_the_bit(as_columns(rows)), {at: one for at, one in enumerate(read) if isinstance(one, Fault)}


@MANY
@given(hostile_data())
def test_all_three_readers_agree_on_hostile_lines(data: bytes) -> None:
    assert found_by_arrow(data) == found_by_msgspec(data) == found_patiently(data)


@PROPERTY
@given(LOG_LINES)
def test_many_lines_become_the_columns_of_each_alone(lines: list[bytes]) -> None:
    data = b"\n".join(lines)

    assert found_by_arrow(data) == found_patiently(data)


@pytest.mark.parametrize("bad", BAD, ids=range(len(BAD)))
def test_a_bad_line_is_never_taken_at_once(bad: bytes) -> None:
    assert at_once(b"\n".join([line(), bad, line()])) is None


FAST = {
    "all fields": line(**dict.fromkeys(["auth", "song", "userAgent"], "x"), status=200, length=1.5, registration=START),
    "nulls and what is missing": line(song=None, status=None, length=None, auth=...),
    "a whole number for a fractional one": with_token("length", "179"),
    "emoji as escapes": with_token("song", r'"\ud83d\ude00"'),
    "an escaped backslash before u00e9": with_token("song", r'"\\u00e9"'),
    "unknown fields, nested": line(other={"a": [1, {"b": None}]}, more="x"),
    "a brace in a text": line(song="}{"),
    "the largest whole number": line(itemInSession=2**53),
}


@pytest.mark.parametrize("good", FAST.values(), ids=FAST)
def test_ordinary_lines_take_the_fast_way(good: bytes) -> None:
    assert at_once(b"\n".join([good, line(), good])) == found_patiently(b"\n".join([good, line(), good]))[0]


LEFT = {
    "several objects on one line, one over two": line() + line() + b"\n" + line()[:-1] + b"\n}",
    "what follows a NUL byte": line() + line() + b"\n" + line() + b"\0" + line() + b"\n" + line(),
    "no number at all in a field that nobody knows": with_token("other", "NaN"),
    "infinity in a field that nobody knows": line() + b"\n" + with_token("other", "[-Infinity]"),
    "a thousand levels in a field that nobody knows": with_token("other", "[" * 5000 + "]" * 5000),
    "a negative zero": with_token("length", "-0.0"),
    "the same field twice": line()[:-1] + b',"ts":1}',
    "a byte order mark that is not the file's": "\ufeff".encode() + line(),
    "nothing": b"",
}


@pytest.mark.parametrize("data", LEFT.values(), ids=LEFT)
def test_what_arrow_would_take_or_change_is_left_to_the_patient_reader(data: bytes) -> None:
    assert at_once(data) is None
    assert found_by_arrow(data) == found_patiently(data)


def test_texts_that_look_like_times_and_numbers_stay_texts() -> None:
    rows, _ = read_columns(line(song="2018-11-01T00:00:00Z", artist="1541030400000", userId="1e3"))

    [row] = rows.to_pylist()
    assert (row["song"], row["artist"], row["user_id"]) == ("2018-11-01T00:00:00Z", "1541030400000", "1e3")


def test_a_line_of_megabytes_is_one_row_at_once() -> None:
    data = b"\n".join([line(), line(song="x" * 3_000_000), line()])

    assert arrow_lines._read_at_once(data) is not None
    assert [len(row["song"] or "") for row in read_columns(data)[0].to_pylist()] == [0, 3_000_000, 0]
