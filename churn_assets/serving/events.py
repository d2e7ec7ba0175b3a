"""The events of a request: read exactly as ingest reads the log, with a fault for each event that cannot be used."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Annotated, Any

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import structs

from churn_assets.features.event_columns import EventColumns
from churn_assets.ingest.exact_line import time_ms
from churn_assets.ingest.log_line import Fault, LogLine, Reason, Time
from churn_assets.serving.line_columns import LineColumns
from churn_assets.serving.patience import LONGEST_TEXT, LONGEST_USER_ID, complaint_of, read_each, too_many
from churn_assets.serving.problem import MOST_COMPLAINTS, Complaint, Kind, refused

Array = npt.NDArray[Any]
_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPED_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
NUL_ESCAPE = re.compile(rb"\\u0000")
"""An expression finds it in two thirds of the time that `in` takes."""
Text = Annotated[str, msgspec.Meta(max_length=LONGEST_TEXT)]


class EventLine(LogLine, rename="camel", gc=False, frozen=True, kw_only=True):
    """A log line whose time may be ISO text, and whose texts are of bounded length."""

    ts: Time | str  # type: ignore[assignment]
    user_id: Annotated[str, msgspec.Meta(max_length=LONGEST_USER_ID)]
    page: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_TEXT)]
    level: Text | None = None
    artist: Text | None = None
    song: Text | None = None
    method: Text | None = None
    gender: Text | None = None
    location: Text | None = None
    user_agent: Text | None = None
    device: Text | None = None


_LINES = msgspec.json.Decoder(list[EventLine])
_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])


@dataclass(frozen=True)
class Events:
    """Events as the request evaluator reads them (`Listeners.of`): visitors' rows left out, copies still there.

    `logs` are the bytes of the JSON array that was sent, `rows` the positions of the events in it.
    """

    columns: EventColumns
    logs: bytes
    rows: Array
    sent: int

    @cached_property
    def of_listener(self) -> Mapping[str, Array]:
        """Positions in `columns` of each listener's events, listeners in order of their first event."""
        users = self.columns.listed("user_id")
        numbers = {user: number for number, user in enumerate(dict.fromkeys(users))}
        if len(numbers) == 1:
            return {users[0]: np.arange(len(users))}
        codes = np.fromiter(map(numbers.__getitem__, users), dtype=np.int64, count=len(users))
        ends = np.cumsum(np.bincount(codes))
        return dict(zip(numbers, np.split(np.argsort(codes, kind="stable"), ends[:-1]), strict=True))

    def logs_of(self, user_id: str) -> bytes:
        """A listener's own events as they were sent, a JSON array."""
        positions = self.of_listener[user_id]
        if len(positions) == self.sent:
            return self.logs
        return b"[" + b",".join([self._items[row] for row in self.rows[positions].tolist()]) + b"]"

    @cached_property
    def _items(self) -> list[msgspec.Raw]:
        return _ITEMS.decode(self.logs)


def read_at_once(logs: bytes, most: int) -> Events | None:
    """The events of a JSON array of at most `most`, or None unless each is an ordinary one."""
    lines = _read_at_once(logs, most)
    return None if lines is None else _events(logs, lines)


def read_events(logs: bytes, most: int) -> Events:
    """The events of a JSON array of at most `most`; ProblemError with the faults (index and field) of what is none."""
    return read_at_once(logs, most) or _events(logs, read_each(logs, most))


def _events(logs: bytes, lines: Sequence[LogLine]) -> Events:
    is_visitor = [line.user_id == "" for line in lines]
    if not any(is_visitor):
        return Events(LineColumns(lines), logs, np.arange(len(lines)), len(lines))
    rows = np.flatnonzero(~np.array(is_visitor))
    if not len(rows):
        complaint = Complaint("/logs/0/userId", "visitor", "is empty in every event", 0, "userId")
        raise refused(Kind.INVALID_EVENTS, "Every event is a visitor's: none has a `userId`.", complaint)
    return Events(LineColumns([lines[row] for row in rows.tolist()]), logs, rows, len(lines))


def may_hold_lone_surrogates(body: bytes) -> bool:
    """Whether it is worth asking `find_lone_surrogates`, which takes long."""
    return b"\\u" in body and _ESCAPED_SURROGATE.search(body) is not None


def find_lone_surrogates(body: bytes) -> list[Complaint]:
    """A complaint for each event of a body with half a surrogate pair, which the standard library alone can read."""
    try:
        logs = json.loads(body)["logs"]
        found = (
            complaint_of(row, Fault(f"{Reason.LONE_SURROGATE}: {name}"))
            for row, event in enumerate(logs)
            for name, value in event.items()
            if isinstance(value, str) and _SURROGATE.search(value)
        )
        return list(islice(found, MOST_COMPLAINTS))
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        return []


def _read_at_once(logs: bytes, most: int) -> Sequence[LogLine] | None:
    """Every event, or None unless each is an ordinary one."""
    if NUL_ESCAPE.search(logs):
        return None
    try:
        lines = _LINES.decode(logs)
    except (msgspec.MsgspecError, RecursionError):
        return None
    if not lines:
        return None
    if len(lines) > most:
        raise too_many(most)
    if any(isinstance(line.ts, str) for line in lines):
        return _with_times(lines)
    return lines


def _with_times(lines: Sequence[EventLine]) -> Sequence[LogLine] | None:
    """The lines with whole milliseconds for times in words; None if a text is no time."""
    times = [time_ms(line.ts) for line in lines]
    if None in times:
        return None
    return [structs.replace(line, ts=time) for line, time in zip(lines, times, strict=True)]
