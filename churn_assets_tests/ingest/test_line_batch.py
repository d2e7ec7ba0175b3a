"""Many lines at once come out as each of them alone does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_assets.ingest.exact_line import read_line
from churn_assets.ingest.line_batch import read_lines
from churn_assets.ingest.log_line import Fault
from churn_assets_tests.ingest.lines import BAD, GOOD_LINES, LOG_LINES, PROPERTY, line


def one_by_one(data: bytes) -> tuple[list[object], dict[int, Fault]]:
    read = [read_line(one) for one in data.split(b"\n")]
    faults = {index: one for index, one in enumerate(read) if isinstance(one, Fault)}
    return [one for one in read if not isinstance(one, Fault)], faults


@PROPERTY
@given(LOG_LINES)
def test_many_lines_are_read_as_each_of_them_alone(lines: list[bytes]) -> None:
    data = b"\n".join(lines)

    assert read_lines(data) == one_by_one(data)


@pytest.mark.parametrize("bad", BAD, ids=range(len(BAD)))
@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_bad_line_does_not_cost_its_neighbours(bad: bytes, at: int) -> None:
    neighbours = [line(itemInSession=1), line(itemInSession=2)]
    lines = [*neighbours[:at], bad, *neighbours[at:]]

    rows, faults = read_lines(b"\n".join(lines))

    assert [row.item_in_session for row in rows] == [1, 2]
    assert {index: fault.reason for index, fault in faults.items()} == {at: BAD[bad]}


def test_two_events_on_one_line_do_not_make_up_for_a_line_without_one() -> None:
    rows, faults = read_lines(b"\n".join([line() + line(), b"", line(userId="7")]))

    assert [row.user_id for row in rows] == ["7"]
    assert {index: fault.reason for index, fault in faults.items()} == {0: "invalid_json", 1: "empty_line"}


def test_an_event_over_two_lines_does_not_make_up_for_two_on_one() -> None:
    nested = line(other={"a": {}})
    torn = nested.replace(b"}}", b"}\n}")

    rows, faults = read_lines(b"\n".join([line() + line(), torn]))

    assert rows == []
    assert set(faults) == {0, 1, 2}


def test_a_megabyte_in_one_field_is_a_row_like_its_neighbours() -> None:
    rows, faults = read_lines(b"\n".join([line(), line(song="x" * 1_000_000), line()]))

    assert [len(row.song or "") for row in rows] == [0, 1_000_000, 0]
    assert faults == {}


def test_an_escaped_backslash_before_u0000_is_no_nul_character() -> None:
    rows, _ = read_lines(line(song=r"\u0000"))

    assert rows[0].song == r"\u0000"


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_a_line_end_at_either_edge_makes_an_empty_line(end: bytes) -> None:
    rows, faults = read_lines(b"\n" + line() + end)

    assert len(rows) == 1
    assert set(faults) == ({0, 2} if end else {0})


@PROPERTY
@given(GOOD_LINES)
def test_ordinary_lines_mean_the_same_to_the_fast_and_the_patient_reader(good: bytes) -> None:
    assert read_lines(good) == ([read_line(good)], {})


UTF8_AND_NEARLY = st.lists(
    st.binary(min_size=1, max_size=2)
    | st.sampled_from(
        [b"\xed\xa0\x80", b"\xc0\xaf", b"\xf4\x90\x80\x80", b"\xf0\x9f\x8e\xb5", b"\xef\xbf\xbe", b"\xe2\x82"]
    )
    | st.text(max_size=2).map(lambda text: text.encode(errors="ignore")),
    max_size=4,
).map(b"".join)


@PROPERTY
@given(UTF8_AND_NEARLY)
def test_bytes_that_are_no_text_cost_their_line_also_where_nobody_reads_them(content: bytes) -> None:
    quiet = bytes(byte for byte in content if byte >= ord(" ") and byte not in b'"\\')
    lines = [line(), line(ignored="@").replace(b"@", quiet), line(userId="7")]

    rows, faults = read_lines(b"\n".join(lines))

    is_text = quiet.decode(errors="replace").encode() == quiet
    assert [row.user_id for row in rows][-1] == "7"
    assert {index: fault.reason for index, fault in faults.items()} == ({} if is_text else {1: "invalid_utf8"})
