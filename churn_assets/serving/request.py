"""What is asked: the body of a request, its query and its headers, read into one typed thing."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from churn_assets.cutoffs import DAY
from churn_assets.ingest.exact_line import time_ms
from churn_assets.serving.events import (
    Events,
    find_lone_surrogates,
    may_hold_lone_surrogates,
    read_at_once,
    read_events,
)
from churn_assets.serving.problem import Complaint, Kind, refused

REQUEST_ID = re.compile(r"[\x21-\x7e]{1,128}")
REQUEST_ID_HEADER = "x-request-id"
FLAGS: Mapping[str, bool] = {"true": True, "1": True, "": True, "false": False, "0": False}
OPTIONS = ("as_of", "explain", "request_id")
ABSENT = msgspec.Raw(b"null")
JSON_BLANKS = b" \t\r\n"
_BARE_HEAD = re.compile(rb'[ \t\r\n]*\{[ \t\r\n]*"logs"[ \t\r\n]*:')


class _Body(msgspec.Struct):
    logs: msgspec.Raw = ABSENT
    as_of: msgspec.Raw = ABSENT
    explain: msgspec.Raw = ABSENT
    request_id: msgspec.Raw = ABSENT


_DECODER = msgspec.json.Decoder(_Body)


@dataclass(frozen=True)
class Limits:
    """Most events of one listener, and most listeners, of one request; `of_one`: the request is to be of one."""

    events: int
    listeners: int
    of_one: bool = False

    @property
    def of_request(self) -> int:
        """Most events of a request, visitors' rows included."""
        return self.events if self.of_one else self.events * self.listeners


@dataclass(frozen=True)
class Asked:
    """A request: its events, an explicit cut-off (epoch milliseconds, a midnight) and what else it wants.

    `digest` tells requests apart that carry the same id: SHA-256 of all that shapes the answer.
    """

    events: Events
    as_of: int | None
    is_explained: bool
    request_id: str | None
    digest: str


def read_request(body: bytes, told: Mapping[str, str], *, route: str, limits: Limits) -> Asked:
    """The request of `body`, with the options that query and headers `told`; ProblemError if it cannot be used."""
    asked = _read_bare(body, told, route=route, limits=limits)
    asked = asked or _read(body, told, route=route, limits=limits, read=read_events)
    assert asked is not None
    return asked


def read_ordinary(body: bytes, told: Mapping[str, str], *, route: str, limits: Limits) -> Asked | None:
    """The same without any patience: None if `read_request`, which may take long, must say what it is."""
    asked = _read_bare(body, told, route=route, limits=limits)
    if asked is not None or may_hold_lone_surrogates(body):
        return asked
    return _read(body, told, route=route, limits=limits, read=read_at_once)


def _read_bare(body: bytes, told: Mapping[str, str], *, route: str, limits: Limits) -> Asked | None:
    """The request of a body of ordinary events and nothing else, as most are; None for any other."""
    _require_utf8(body)
    logs = _bare_logs(body)
    if logs is None or (events := read_at_once(logs, limits.of_request)) is None:
        return None
    return _asked(body, events, _options(_Body(), told), route=route, limits=limits)


def _bare_logs(body: bytes) -> bytes | None:
    """What is between `{"logs":` and `}` where the body looks as if it had nothing else, most of them have not.

    If that is one JSON array, the body is `{"logs": [event, ...]}`, and was read once instead of twice.
    """
    head = _BARE_HEAD.match(body)
    tail = body.rstrip(JSON_BLANKS)
    return tail[head.end() : -1].rstrip(JSON_BLANKS) if head and tail.endswith(b"}") else None


def _read(
    body: bytes, told: Mapping[str, str], *, route: str, limits: Limits, read: Callable[[bytes, int], Events | None]
) -> Asked | None:
    raw = _read_body(body)
    options = _options(raw, told)
    if raw.logs == ABSENT:
        complaint = Complaint("/logs", "missing_field", "is missing", field="logs")
        raise refused(Kind.INVALID_REQUEST, 'The body must be {"logs": [event, ...]}.', complaint)
    events = read(bytes(raw.logs), limits.of_request)
    return None if events is None else _asked(body, events, options, route=route, limits=limits)


def _options(raw: _Body, told: Mapping[str, str]) -> dict[str, Any]:
    return {name: _option(name, getattr(raw, name), told.get(name)) for name in OPTIONS}


def _asked(body: bytes, events: Events, options: Mapping[str, Any], *, route: str, limits: Limits) -> Asked:
    _check_limits(events, limits)
    shape = f"{route}\0{options['as_of']}\0{options['explain']}\0".encode()
    return Asked(
        events=events,
        as_of=options["as_of"],
        is_explained=bool(options["explain"]),
        request_id=options["request_id"],
        digest=hashlib.sha256(shape + hashlib.sha256(body).digest()).hexdigest(),
    )


def require_one_listener(events: Events) -> None:
    """Refuse the events of several listeners."""
    listeners = list(events.of_listener)
    if len(listeners) > 1:
        row = int(events.rows[events.of_listener[listeners[1]][0]])
        complaint = Complaint(f"/logs/{row}/userId", "several_listeners", "is another listener's", row, "userId")
        detail = f"The events belong to {len(listeners)} listeners, /predict answers for one: use POST /predict_batch."
        raise refused(Kind.SEVERAL_LISTENERS, detail, complaint)


def _read_body(body: bytes) -> _Body:
    """The parts of a body that is UTF-8."""
    try:
        return _DECODER.decode(body)
    except RecursionError:
        raise refused(Kind.MALFORMED_JSON, "The body is nested too deeply.") from None
    except msgspec.ValidationError:
        complaint = Complaint("", "not_an_object", "is not a JSON object")
        raise refused(Kind.INVALID_REQUEST, 'The body must be {"logs": [event, ...]}.', complaint) from None
    except msgspec.DecodeError as error:
        complaints = find_lone_surrogates(body) if may_hold_lone_surrogates(body) else []
        if complaints:
            raise refused(Kind.INVALID_EVENTS, "A text holds a lone surrogate.", *complaints) from None
        raise refused(Kind.MALFORMED_JSON, f"{error}.") from None


def _require_utf8(body: bytes) -> None:
    """Refuse what is not UTF-8: msgspec does not look inside the text that it skips."""
    try:
        if not body.isascii():
            body.decode()
    except UnicodeDecodeError as error:
        raise refused(Kind.MALFORMED_JSON, f"The body is not UTF-8 (byte {error.start}).") from None


def _option(name: str, raw: msgspec.Raw, told: str | None) -> Any:
    """The value of an option that the body, the query or a header may give; where both do, they must agree."""
    value = _value(name, raw)
    given = [_READERS[name](one) for one in (value, told) if one is not None]
    if not given:
        return None
    if any(one is None for one in given):
        raise refused(Kind.INVALID_REQUEST, f"`{name}` {_WANTED[name]}.", _wrong(name, "wrong_type"))
    if given[0] != given[-1]:
        detail = f"`{name}` is given twice, and differs between body and query or header."
        raise refused(Kind.INVALID_REQUEST, detail, _wrong(name, "contradiction"))
    return given[0]


def _value(name: str, raw: msgspec.Raw) -> Any:
    try:
        return msgspec.json.decode(raw)
    except (msgspec.MsgspecError, RecursionError):
        raise refused(Kind.INVALID_REQUEST, f"`{name}` {_WANTED[name]}.", _wrong(name, "wrong_type")) from None


def _wrong(name: str, code: str) -> Complaint:
    return Complaint(f"/{name}", code, _WANTED[name], field=name)


def _read_as_of(value: Any) -> int | None:
    """The first midnight at or after a time."""
    ms = time_ms(value)
    return None if ms is None else -(-ms // DAY) * DAY


def _read_flag(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    return FLAGS.get(value.lower()) if isinstance(value, str) else None


def _read_id(value: Any) -> str | None:
    return value if isinstance(value, str) and REQUEST_ID.fullmatch(value) else None


_READERS: Mapping[str, Any] = {"as_of": _read_as_of, "explain": _read_flag, "request_id": _read_id}
_WANTED = {
    "as_of": "must be a time of the years 2000 to 2099: ISO 8601 text, or epoch milliseconds",
    "explain": "must be true or false",
    "request_id": "must be 1 to 128 printable ASCII characters without spaces",
}


def _check_limits(events: Events, limits: Limits) -> None:
    listeners = events.of_listener
    if len(listeners) > limits.listeners:
        detail = f"The request has {len(listeners)} listeners; at most {limits.listeners} are taken: split it."
        raise refused(Kind.TOO_LARGE, detail, Complaint("/logs", "too_many_listeners", "has too many listeners"))
    for rows in listeners.values():
        if len(rows) > limits.events:
            row = int(events.rows[rows[0]])
            detail = f"A listener has {len(rows)} events; at most {limits.events} are taken: send the newest."
            raise refused(Kind.TOO_LARGE, detail, Complaint(f"/logs/{row}", "too_many_events", "is one of them", row))
