"""Events that are out of the ordinary: read one by one, with a fault for each that cannot be used."""

import re
from collections.abc import Iterator, Mapping

from msgspec.structs import fields

from churn_assets.ingest.exact_line import read_line
from churn_assets.ingest.log_line import Fault, LogLine, Reason
from churn_assets.serving.problem import MOST_COMPLAINTS, Complaint, Kind, refused

LONGEST_USER_ID = 512
"""Characters, of 4 bytes at most: the store indexes them, and an index of PostgreSQL takes less than 2,704 bytes."""
LONGEST_TEXT = 65_536
"""Characters of any other text that features are made of; far beyond every name of a song, title and user agent."""
TEXTS = ("page", "level", "artist", "song", "method", "gender", "location", "user_agent", "device")
LONGEST: Mapping[str, int] = {"user_id": LONGEST_USER_ID, **dict.fromkeys(TEXTS, LONGEST_TEXT)}
MOST_FAULTS = 1_000
"""Faults after which nobody reads on: who sends more has a defect, or nothing good in mind."""
WORDS: Mapping[str, str] = {
    Reason.EMPTY_LINE: "is empty",
    Reason.NOT_AN_OBJECT: "is not a JSON object",
    Reason.INVALID_JSON: "is nested too deeply or not valid JSON",
    Reason.INVALID_UTF8: "is not valid UTF-8",
    Reason.LONE_SURROGATE: "holds a lone surrogate, which no text can hold",
    Reason.MISSING_FIELD: "is missing",
    Reason.EMPTY_FIELD: "is empty",
    Reason.WRONG_TYPE: "has the wrong type",
    Reason.NON_FINITE: "is not a finite number",
    Reason.NEGATIVE: "is negative",
    Reason.IN_SECONDS: "is in seconds; milliseconds or ISO 8601 text are wanted",
    Reason.IMPLAUSIBLE: "lies outside of what is plausible (times: the years 2000 to 2099)",
    Reason.NUL_CHARACTER: "holds a NUL character",
    Reason.TOO_LONG: f"is too long: `userId` may have {LONGEST_USER_ID} characters, other texts {LONGEST_TEXT}",
}
_WRITTEN = {field.name: field.encode_name for field in fields(LogLine)}
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[\[\]{},]', re.DOTALL)


def read_each(logs: bytes, most: int) -> list[LogLine]:
    """Every event of a JSON array; ProblemError if there are more than `most`, or if one cannot be used.

    Items are looked at one after the other, so that however many are sent, no more than `most` are held; the first
    `MOST_COMPLAINTS` faults are told, the others counted, and after `MOST_FAULTS` the rest is left unread.
    """
    if not logs.startswith(b"["):
        complaint = Complaint("/logs", Reason.WRONG_TYPE, "is not an array of events")
        raise refused(Kind.INVALID_REQUEST, "`logs` must be an array of events.", complaint)
    lines: list[LogLine] = []
    complaints: list[Complaint] = []
    faults = row = 0
    for row, item in enumerate(items(logs), 1):
        if row > most:
            raise too_many(most)
        line = _read(item)
        if isinstance(line, LogLine):
            lines.append(line)
            continue
        faults += 1
        if faults <= MOST_COMPLAINTS:
            complaints.append(complaint_of(row - 1, line))
        if faults == MOST_FAULTS:
            break
    if not row:
        raise refused(Kind.INVALID_EVENTS, "`logs` is empty.", Complaint("/logs", "empty", "holds no event"))
    _require_none(complaints, faults, row)
    return lines


def items(logs: bytes) -> Iterator[bytes]:
    """The items of a JSON array, one after the other, as they were written."""
    depth, start = 0, 1
    for token in _TOKEN.finditer(logs):
        match token[0]:
            case b"[" | b"{":
                depth += 1
            case b"]" | b"}":
                depth -= 1
            case b"," if depth == 1:
                yield logs[start : token.start()]
                start = token.end()
    last = logs[start : logs.rindex(b"]")]
    if start > 1 or last.strip():
        yield last


def too_many(most: int) -> Exception:
    """The error for a request of more than `most` events."""
    complaint = Complaint(f"/logs/{most}", "too_many_events", "is one too many", most)
    return refused(Kind.TOO_LARGE, f"The request has more than {most} events: send fewer or the newest.", complaint)


def complaint_of(row: int, fault: Fault) -> Complaint:
    """What to tell of a fault of event `row`, counted from 0."""
    code, _, name = fault.reason.partition(": ")
    pointer = f"/logs/{row}/{name}" if name else f"/logs/{row}"
    return Complaint(pointer, code, WORDS.get(code, "cannot be used"), row, name or None)


def _require_none(complaints: list[Complaint], faults: int, read: int) -> None:
    if complaints:
        first = complaints[0]
        what = f"`{first.field}`" if first.field else "it"
        several = f"{faults} of {read} events" if faults < MOST_FAULTS else f"{faults} of the first {read} events"
        detail = f"{several} cannot be used; the first is {first.pointer}: {what} {first.detail}."
        raise refused(Kind.INVALID_EVENTS, detail, *complaints)


def _read(item: bytes) -> LogLine | Fault:
    line = read_line(item)
    if isinstance(line, LogLine):
        for name, longest in LONGEST.items():
            if len(getattr(line, name) or "") > longest:
                return Fault(f"{Reason.TOO_LONG}: {_WRITTEN[name]}")
    return line
