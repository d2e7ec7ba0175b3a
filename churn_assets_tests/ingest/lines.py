"""Lines of a log, good and bad, and landing files made of them."""

import json
from datetime import date
from pathlib import Path
from typing import Any, TypedDict

from hypothesis import settings
from hypothesis import strategies as st

from churn_assets.cutoffs import DAY, epoch_ms
from churn_assets.ingest.landing import LandingFile, list_landing

FIRST_DAY, LAST_DAY = date(2018, 11, 1), date(2018, 11, 5)
SPAN: "Span" = {"first_day": FIRST_DAY, "last_day": LAST_DAY}
START = epoch_ms(FIRST_DAY)
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
EVENT: dict[str, Any] = {"ts": START, "userId": "26", "sessionId": 583, "itemInSession": 0, "page": "Home"}
PROPERTY = settings(max_examples=60, deadline=None, derandomize=True, database=None)
FILE_PROPERTY = settings(PROPERTY, max_examples=25)
"""For properties whose every example writes many files."""


class Span(TypedDict):
    """The days of the log, as keywords."""

    first_day: date
    last_day: date


def line(**fields: Any) -> bytes:
    """A good line, with `fields` put in place of its own; `...` leaves one out."""
    event = {name: value for name, value in (EVENT | fields).items() if value is not ...}
    return json.dumps(event, separators=(",", ":")).encode()


def on(day: int, **fields: Any) -> bytes:
    """A good line of the day with that number, counted from FIRST_DAY."""
    return line(ts=START + day * DAY, **fields)


def with_token(field: str, token: str) -> bytes:
    """A good line whose `field` is written as `token`, whatever that is."""
    return line(**{field: "@"}).replace(b'"@"', token.encode())


def land(folder: Path, name: str, content: bytes) -> LandingFile:
    """A landing file with that content, as it is listed."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return next(file for file in list_landing(str(folder)) if file.name == name)


BAD = {
    b"": "empty_line",
    b" \t ": "empty_line",
    b"\xff\xfe": "invalid_utf8",
    line(song="Bj\u00f6rk").decode("unicode_escape").encode("latin-1"): "invalid_utf8",
    line(other="@").replace(b"@", b"\xc3"): "invalid_utf8",
    line()[:-1]: "invalid_json",
    line()[:40]: "invalid_json",
    line() + b",": "invalid_json",
    line() + line(): "invalid_json",
    line()[:-1] + b",}": "invalid_json",
    line(song="a@b").replace(b"@", b"\0"): "invalid_json",
    b"\0\0\0\0": "invalid_json",
    b"ts=1541030400000 userId=26": "invalid_json",
    with_token("length", "NaN"): "invalid_json",
    with_token("length", "-Infinity"): "invalid_json",
    b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}": "invalid_json",
    with_token("song", r'"\ud800"'): "lone_surrogate",
    with_token("other", r'"\udc00 tail"'): "lone_surrogate",
    b"[" + line() + b"]": "not_an_object",
    b"3": "not_an_object",
    b"null": "not_an_object",
    b'"ts"': "not_an_object",
    line(userId=...): "missing_field: userId",
    line(userId=None): "missing_field: userId",
    line(ts=...): "missing_field: ts",
    line(ts=None): "missing_field: ts",
    line(page=...): "missing_field: page",
    line(sessionId=None): "missing_field: sessionId",
    line(itemInSession=...): "missing_field: itemInSession",
    line(page=""): "empty_field: page",
    line(ts=-START): "negative: ts",
    line(ts=START // 1000): "in_seconds: ts",
    line(ts=START * 1000): "implausible: ts",
    line(ts=0): "implausible: ts",
    line(ts=10**30): "implausible: ts",
    line(ts="1066-10-14"): "implausible: ts",
    line(ts=True): "wrong_type: ts",
    line(ts="yesterday"): "wrong_type: ts",
    line(ts=[START]): "wrong_type: ts",
    with_token("ts", "1e999"): "non_finite: ts",
    with_token("ts", "1" * 6000): "non_finite: ts",
    line(registration=1540919166): "in_seconds: registration",
    with_token("registration", "-1e999"): "non_finite: registration",
    line(userId=True): "wrong_type: userId",
    line(userId=2.5): "wrong_type: userId",
    line(userId={"id": 26}): "wrong_type: userId",
    line(sessionId=-1): "negative: sessionId",
    line(sessionId="-7"): "negative: sessionId",
    line(sessionId=1.5): "wrong_type: sessionId",
    line(sessionId="abc"): "wrong_type: sessionId",
    line(itemInSession=2**63): "implausible: itemInSession",
    line(status="OK"): "wrong_type: status",
    line(length=-0.5): "negative: length",
    line(length="3:45"): "wrong_type: length",
    with_token("length", "1e999"): "non_finite: length",
    with_token("length", "1" + "0" * 400): "non_finite: length",
    line(song=1999): "wrong_type: song",
    line(page=["Home"]): "wrong_type: page",
    with_token("song", "[" * 500 + "]" * 500): "wrong_type: song",
    line(userAgent="a\0b"): "nul_character: userAgent",
    line(userId="\0"): "nul_character: userId",
}
"""Bad lines of every kind, and the reasons they are refused for."""

GOOD_LINES = st.builds(
    on,
    st.integers(0, 4),
    userId=st.sampled_from(["", "26", 7]),
    itemInSession=st.integers(0, 9),
    song=st.sampled_from(
        [None, "Sehr kosmisch", "Bj\u00c3\u00b6rk \u2028 \U0001f600", 'a "quoted" one', r"\u0000 in words", "}"]
    ),
)
OUTSIDE_LINES = st.builds(on, st.sampled_from([-1, 5, 400]))
DATED_BAD_LINES = st.builds(on, st.integers(-2, 6), page=st.sampled_from(["", 3, None]))
LOG_LINES = st.lists(
    st.one_of(
        GOOD_LINES, GOOD_LINES, OUTSIDE_LINES, DATED_BAD_LINES, st.sampled_from([bad for bad in BAD if len(bad) < 500])
    ),
    max_size=25,
)
"""The lines of a file, in any mixture."""
