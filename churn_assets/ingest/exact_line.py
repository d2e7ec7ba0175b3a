"""Reads one line patiently: takes the odd but unmistakable, and names the field and the fault of the rest."""

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from msgspec.structs import FieldInfo, fields

from churn_assets.cutoffs import SECOND
from churn_assets.ingest.log_line import (
    LARGEST_WHOLE,
    PLAUSIBLE_FROM_MS,
    PLAUSIBLE_UNTIL_MS,
    Fault,
    LogLine,
    Reason,
)

BLANKS = b" \t\r\n"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DIGITS = re.compile(r"-?[0-9]{1,18}")
_MS_DIGITS = re.compile(r"[0-9]{12,14}")
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


class _RefusalError(ValueError):
    """Carries the reason out of the nested readers below; never leaves this module."""


def read_line(line: bytes) -> LogLine | Fault:
    """The event that `line`, one JSON object, describes; else the fault, with the line's time if it has a usable one.

    Times may be whole or fractional milliseconds, their digits as text, or ISO 8601 text (UTC unless it says
    otherwise). Whole numbers may be written `3.0` or `"3"`, and a numeric `userId` becomes text. Unknown keys are
    ignored, and the last of equal keys counts.
    """
    ts = None
    try:
        raw = _raw_fields(line.strip(BLANKS))
        ts = _read_field(_FIELDS[0], raw)
        rest = {field.name: _read_field(field, raw) for field in _FIELDS[1:]}
    except _RefusalError as refusal:
        return Fault(str(refusal), ts)
    return LogLine(ts=ts, **rest)


def time_ms(value: object) -> int | None:
    """Epoch milliseconds of a time as `ts` may be written: a number, digits or ISO 8601 text; None if it is none."""
    try:
        return _time(value)
    except _RefusalError:
        return None


def _raw_fields(text: bytes) -> msgspec.Struct:
    """The log's fields as unread JSON; refuses what is not one JSON object."""
    if not text:
        raise _RefusalError(Reason.EMPTY_LINE)
    try:
        text.decode()
        msgspec.json.decode(text, type=msgspec.Raw)
        if text.startswith(b"{"):
            return _DECODER.decode(text)
    except UnicodeDecodeError:
        raise _RefusalError(Reason.INVALID_UTF8) from None
    except (msgspec.MsgspecError, RecursionError):
        raise _RefusalError(_syntax_fault(text)) from None
    raise _RefusalError(Reason.NOT_AN_OBJECT)


def _syntax_fault(text: bytes) -> Reason:
    """Which fault the syntax has; the standard library reads lone surrogates, which nothing can store."""
    if not _SURROGATE.search(text):
        return Reason.INVALID_JSON
    try:
        json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return Reason.INVALID_JSON
    return Reason.LONE_SURROGATE


def _refuse_constant(name: str) -> None:
    raise _RefusalError(name)


def _read_field(field: FieldInfo, raw: msgspec.Struct) -> Any:
    """The field's value in its own type, or a refusal that ends in the field's name."""
    try:
        value = _value(getattr(raw, field.name))
        return _absent(field) if value is None else _READERS[field.name](value)
    except _RefusalError as refusal:
        raise _RefusalError(f"{refusal}: {field.encode_name}") from None


def _value(raw: msgspec.Raw) -> Any:
    try:
        return msgspec.json.decode(raw)
    except msgspec.ValidationError:
        # Valid JSON that an untyped reader refuses is a number beyond all bounds, such as 1e999.
        raise _RefusalError(Reason.NON_FINITE) from None
    except RecursionError:
        raise _RefusalError(Reason.WRONG_TYPE) from None


def _absent(field: FieldInfo) -> None:
    if field.required:
        raise _RefusalError(Reason.MISSING_FIELD)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _RefusalError(Reason.WRONG_TYPE)
    if "\0" in value:
        # PostgreSQL, C readers and CSV all end a text there.
        raise _RefusalError(Reason.NUL_CHARACTER)
    return value


def _device(value: Any) -> str | None:
    """The kind of device in words; no log has to have it, so what is no text is some other field of that name."""
    return value if isinstance(value, str) and "\0" not in value else None


def _page(value: Any) -> str:
    if not _text(value):
        raise _RefusalError(Reason.EMPTY_FIELD)
    return str(value)


def _identifier(value: Any) -> str:
    """An id as text: frames with gaps turn whole ids into floats, so `26.0` is `26`."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return _text(value)


def _number(value: Any) -> float:
    """A number from 0 on."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _RefusalError(Reason.WRONG_TYPE)
    if value < 0:
        raise _RefusalError(Reason.NEGATIVE)
    try:
        return float(value)
    except OverflowError:
        raise _RefusalError(Reason.NON_FINITE) from None


def _whole(value: Any) -> int:
    """A whole number from 0 on, also as `3.0` or `"3"`."""
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    if not _number(value).is_integer():
        raise _RefusalError(Reason.WRONG_TYPE)
    if value > LARGEST_WHOLE:
        raise _RefusalError(Reason.IMPLAUSIBLE)
    return int(value)


def _time(value: Any) -> int:
    """A time in epoch milliseconds, rounded down."""
    ms = (
        _iso_ms(value)
        if isinstance(value, str) and not _MS_DIGITS.fullmatch(value)
        else math.floor(_time_number(value))
    )
    if PLAUSIBLE_FROM_MS <= ms < PLAUSIBLE_UNTIL_MS:
        return ms
    if PLAUSIBLE_FROM_MS <= ms * SECOND < PLAUSIBLE_UNTIL_MS:
        raise _RefusalError(Reason.IN_SECONDS)
    raise _RefusalError(Reason.IMPLAUSIBLE)


def _time_number(value: Any) -> float:
    return _number(int(value) if isinstance(value, str) else value)


def _iso_ms(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise _RefusalError(Reason.WRONG_TYPE) from None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(milliseconds=1)


_FIELDS = fields(LogLine)
_RAW = [(field.name, msgspec.Raw, msgspec.Raw(b"null")) for field in _FIELDS]
_DECODER = msgspec.json.Decoder(msgspec.defstruct("RawLine", _RAW, rename="camel"))
_OTHER_READERS: Mapping[str, Callable[[Any], Any]] = {
    "ts": _time,
    "user_id": _identifier,
    "session_id": _whole,
    "item_in_session": _whole,
    "page": _page,
    "status": _whole,
    "length": _number,
    "registration": _time,
    "device": _device,
}
_READERS: Mapping[str, Callable[[Any], Any]] = {field.name: _OTHER_READERS.get(field.name, _text) for field in _FIELDS}
