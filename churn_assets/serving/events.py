"""The events of a request: read exactly as ingest reads the log, with a fault for each event that cannot be used."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from operator import attrgetter
from typing import Annotated, Any, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt
import pandas as pd

from churn_assets.ingest.exact_line import time_ms
from churn_assets.ingest.location import place
from churn_assets.ingest.log_line import Fault, LogLine, Reason, Time
from churn_assets.ingest.user_agent import Agent, agent, named_device
from churn_assets.serving.patience import LONGEST_TEXT, LONGEST_USER_ID, complaint_of, read_each, too_many
from churn_assets.serving.problem import MOST_COMPLAINTS, Complaint, Kind, refused

Array = npt.NDArray[Any]
Fields = Mapping[str, Sequence[Any]]
T = TypeVar("T")
_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPED_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
NUL_ESCAPE = b"\\u0000"
TEXTS = ("user_id", "page", "level", "artist", "song", "method", "gender")
WHOLES = ("ts", "session_id", "item_in_session")
NUMBERS = ("length", "registration")


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


@dataclass(frozen=True)
class Named:
    """A device that the event names, where no user agent tells more."""

    device: str | None


_LINES = msgspec.json.Decoder(list[EventLine])
_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])
_USED = (*TEXTS, *WHOLES, *NUMBERS, "location", "user_agent", "device")


@dataclass(frozen=True)
class Events:
    """Events as the request evaluator reads them (`Listeners.of`): visitors' rows left out, copies still there.

    `logs` are the bytes of the JSON array that was sent, `rows` the positions of the events in it.
    """

    columns: Mapping[str, Array]
    logs: bytes
    rows: Array
    sent: int

    @cached_property
    def of_listener(self) -> Mapping[str, Array]:
        """Positions in `columns` of each listener's events, listeners in order of their first event."""
        codes, users = pd.factorize(self.columns["user_id"])
        ends = np.cumsum(np.bincount(codes, minlength=len(users)))
        return dict(zip(users.tolist(), np.split(np.argsort(codes, kind="stable"), ends[:-1]), strict=True))

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
    fields = _read_at_once(logs, most)
    return None if fields is None else _events(logs, fields)


def read_events(logs: bytes, most: int) -> Events:
    """The events of a JSON array of at most `most`; ProblemError with the faults (index and field) of what is none."""
    return read_at_once(logs, most) or _events(logs, _fields(read_each(logs, most)))


def _events(logs: bytes, fields: Fields) -> Events:
    columns = _columns(fields)
    rows = np.flatnonzero(columns["user_id"] != "")
    if not len(rows):
        complaint = Complaint("/logs/0/userId", "visitor", "is empty in every event", 0, "userId")
        raise refused(Kind.INVALID_EVENTS, "Every event is a visitor's: none has a `userId`.", complaint)
    sent = len(columns["user_id"])
    if len(rows) < sent:
        columns = {name: column[rows] for name, column in columns.items()}
    return Events(columns, logs, rows, sent)


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


def _read_at_once(logs: bytes, most: int) -> Fields | None:
    """The fields of every event, or None unless each is an ordinary one."""
    if NUL_ESCAPE in logs:
        return None
    try:
        lines = _LINES.decode(logs)
    except (msgspec.MsgspecError, RecursionError):
        return None
    if not lines:
        return None
    if len(lines) > most:
        raise too_many(most)
    fields = _fields(lines)
    if set(map(type, fields["ts"])) != {int}:
        times = [time_ms(ts) if isinstance(ts, str) else ts for ts in fields["ts"]]
        return None if None in times else {**fields, "ts": times}
    return fields


def _fields(lines: Sequence[LogLine]) -> Fields:
    """One sequence a field, of one value an event."""
    return {name: list(map(attrgetter(name), lines)) for name in _USED}


def _columns(fields: Fields) -> dict[str, Array]:
    columns = {name: np.array(fields[name], dtype=object) for name in TEXTS}
    columns |= {name: np.array(fields[name], dtype=np.int64) for name in WHOLES}
    columns |= {name: np.array(fields[name], dtype=np.float64) for name in NUMBERS}
    columns["registration"] = np.floor(columns["registration"])
    agents = zip(fields["user_agent"], fields["device"], strict=True)
    columns |= _looked_up(agents, _agent, ("device", "os", "browser"))
    return columns | _looked_up(fields["location"], place, ("city", "region", "country"))


def _agent(told: tuple[str | None, str | None]) -> Agent | Named:
    user_agent, device = told
    found = agent(user_agent)
    return found or Named(named_device(device))


def _looked_up(told: Iterable[T], look: Callable[[T], object], names: Sequence[str]) -> dict[str, Array]:
    """What `look` finds for each value, looked up once for each distinct one: an array for each of its `names`."""
    numbers: dict[T, int] = {}
    codes = np.array([numbers.setdefault(value, len(numbers)) for value in told], dtype=np.int64)
    found = [look(value) for value in numbers]
    return {name: np.array([getattr(one, name, None) for one in found], dtype=object)[codes] for name in names}
