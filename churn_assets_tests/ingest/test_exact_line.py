"""What a line may look like, and what is said of the others."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_assets.ingest.exact_line import read_line
from churn_assets.ingest.log_line import Fault, LogLine, Reason
from churn_assets.ingest.tables import RAW_LOGS
from churn_assets_tests.ingest.lines import BAD, EVENT, PROPERTY, START, line, with_token


def read(content: bytes) -> LogLine:
    row = read_line(content)
    assert isinstance(row, LogLine), row
    return row


def fault(content: bytes) -> Fault:
    found = read_line(content)
    assert isinstance(found, Fault), found
    return found


@pytest.mark.parametrize(("content", "reason"), BAD.items(), ids=[f"{n} {r}" for n, r in enumerate(BAD.values())])
def test_every_kind_of_bad_line_is_refused_for_its_own_reason(content: bytes, reason: str) -> None:
    assert fault(content).reason == reason


def test_every_reason_of_one_line_alone_is_tried() -> None:
    of_files = {Reason.TOO_LONG, Reason.UNREADABLE_ARCHIVE, Reason.OUT_OF_RANGE}

    assert {reason.split(":")[0] for reason in BAD.values()} == set(Reason) - of_files


def test_fields_are_the_columns_of_raw_logs_from_the_time_on() -> None:
    assert LogLine.__struct_fields__ == RAW_LOGS.names[RAW_LOGS.names.index("ts") :]


def test_a_whole_line_keeps_every_field() -> None:
    fields = {
        "auth": "Logged In", "method": "PUT", "status": 200, "level": "paid", "artist": "A", "song": "S", "length": 1.5,
        "gender": "F", "firstName": "Lily", "lastName": "Koch", "location": "Napa, CA", "userAgent": '"M"',
        "registration": float(START), "device": "Mobile",
    }  # fmt: skip

    row = read(line(**fields))

    assert tuple(getattr(row, name) for name in LogLine.__struct_fields__) == (*EVENT.values(), *fields.values())


@pytest.mark.parametrize("other", [7, True, {"kind": "Mobile"}, "a\0b", None])
def test_a_device_that_is_no_text_is_some_other_field_of_that_name(other: object) -> None:
    assert read(line(device=other)).device is None


@pytest.mark.parametrize(
    "written",
    [
        START, float(START), START + 0.75, str(START), "2018-11-01", "2018-11-01T00:00:00Z", "2018-11-01 00:00:00.000",
        "2018-11-01T02:00:00+02:00", "2018-10-31T16:00:00.0004-08:00", "20181101T000000",
    ],
)  # fmt: skip
def test_a_time_may_be_a_number_or_iso_text(written: float | str) -> None:
    assert read(line(ts=written)).ts == START
    assert read(line(registration=written)).registration == START


@pytest.mark.parametrize(
    ("written", "kept"), [("26", "26"), (26, "26"), (26.0, "26"), ("", ""), (" é", " é"), (-1, "-1")]
)
def test_a_user_id_becomes_text_and_a_visitor_keeps_an_empty_one(written: str | float, kept: str) -> None:
    assert read(line(userId=written)).user_id == kept


@pytest.mark.parametrize("token", ["12", "12.0", '"12"', "1.2e1"])
def test_a_whole_number_may_be_written_as_a_float_or_its_digits(token: str) -> None:
    session, item, status = (read(with_token(field, token)) for field in ("sessionId", "itemInSession", "status"))

    assert (session.session_id, item.item_in_session, status.status) == (12, 12, 12)


def test_a_missing_value_may_be_null_or_an_absent_key() -> None:
    nulls = read(line(artist=None, length=None, registration=None, userAgent=None))

    assert nulls == read(line())


def test_unknown_keys_are_ignored_whatever_they_hold() -> None:
    assert read(line(other={"deep": [1, "a\0b"]}, **{"": None})) == read(line())
    assert read(with_token("other", "1e999")) == read(line())


def test_the_last_of_equal_keys_counts() -> None:
    assert read(b'{"page":"Help","ts":"never",' + line(page="Home")[1:]).page == "Home"


def test_text_is_kept_as_it_is() -> None:
    song = 'Bj\u00c3\u00b6rk, "quoted" \\u0000 \u2028 \U0001f600 / \x7f'

    assert read(line(song=song)).song == song
    assert read(with_token("song", r'"a\/b"')).song == "a/b"


@pytest.mark.parametrize("padded", [b" %s ", b"\t%s\r", b"%s\r\n"])
def test_blanks_around_a_line_do_not_matter(padded: bytes) -> None:
    assert read(padded % line()) == read(line())


def test_a_refused_line_still_tells_its_time() -> None:
    assert fault(line(ts=str(START), page="")).ts == START
    assert fault(line(ts=-1, page="")).ts is None


def test_a_reason_never_holds_a_value_of_the_line() -> None:
    secrets = ["4242424242", "Lily", "lily@example.org"]

    reasons = [fault(line(**{field: [secret]})).reason for secret in secrets for field in ("userId", "firstName", "ts")]

    assert not any(secret in reason for secret in secrets for reason in reasons)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=4,
)


@PROPERTY
@given(st.dictionaries(st.sampled_from([*EVENT, "length", "song", "registration", "status"]), JSON))
def test_any_json_object_is_a_row_or_has_a_reason(fields: dict[str, object]) -> None:
    found = read_line(json.dumps(EVENT | fields).encode())

    assert isinstance(found, LogLine) or found.reason


@PROPERTY
@given(st.binary(max_size=40), st.integers(0, 80))
def test_any_bytes_anywhere_in_a_line_are_a_row_or_have_a_reason(noise: bytes, at: int) -> None:
    found = read_line(line()[:at] + noise + line()[at:])

    assert isinstance(found, LogLine) or found.reason
