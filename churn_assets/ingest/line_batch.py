"""Reads many lines at once, as fast as msgspec can, without one bad line costing its neighbours."""

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from churn_assets.ingest.exact_line import read_line
from churn_assets.ingest.log_line import Fault, LogLine, Reason

_DECODER = msgspec.json.Decoder(LogLine)
_EMPTY = Fault(Reason.EMPTY_LINE)
_NUL_ESCAPE = b"\\u0000"
_CLOSING, _LINE_END, _OPENING = b"}\n{"
_BACKSLASH, _UNICODE = b"\\u"
Characters = npt.NDArray[np.uint8]


def read_lines(data: bytes) -> tuple[list[LogLine], dict[int, Fault]]:
    r"""The good lines of `data` in order, and the faults of the others by their index from 0.

    `data` is any number of lines joined by `\n`, without a last line end.
    """
    rows = _read_at_once(data)
    return (rows, {}) if rows is not None else read_each(data)


def orderly_lines(data: bytes) -> int:
    r"""The number of lines of `data`, each of which is one JSON object if a reader finds as many objects; else 0.

    Readers of many lines also take several objects on a line, and one object on several. Neither is left where every
    line end stands between braces: inside an object or an array, no `{` may follow a `}`, and no text may hold a
    line end. Each line then holds at least one object, and as many objects as lines are one each. Besides, `data` is
    UTF-8, which readers do not look at in what they skip, holds no NUL byte, at which some of them end, and does
    not write one as `\u0000`, which they take.
    """
    characters = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(characters == _LINE_END)
    is_orderly = (
        _are_between_braces(characters, ends)
        and b"\0" not in data
        and not (b"\\" in data and _has_unicode_escape(characters) and _NUL_ESCAPE in data)
        and _is_utf8(data)
    )
    return len(ends) + 1 if is_orderly else 0


def _read_at_once(data: bytes) -> list[LogLine] | None:
    """Every line of `data`, or None unless each of them is one good object."""
    lines = orderly_lines(data)
    if not lines:
        return None
    try:
        rows = _DECODER.decode_lines(data)
    except (msgspec.MsgspecError, RecursionError):
        return None
    return rows if len(rows) == lines else None


def _are_between_braces(characters: Characters, ends: npt.NDArray[np.int64]) -> bool:
    if not len(characters) or characters[0] != _OPENING or characters[-1] != _CLOSING:
        return False
    return bool((characters[ends - 1] == _CLOSING).all() and (characters[ends + 1] == _OPENING).all())


def _has_unicode_escape(characters: Characters) -> bool:
    # Looking for the whole escape in all of the bytes costs a quarter of what decoding them does.
    return bool((characters[1:][characters[:-1] == _BACKSLASH] == _UNICODE).any())


def _is_utf8(data: bytes) -> bool:
    """Whether `data.decode()` would succeed; it would also write every character out, which takes 15 times as long."""
    text = pa.StringArray.from_buffers(1, pa.py_buffer(np.array([0, len(data)], np.int32)), pa.py_buffer(data))
    try:
        text.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def read_each(data: bytes) -> tuple[list[LogLine], dict[int, Fault]]:
    """The same as `read_lines`, line by line from the start: for what is known to hold an odd one."""
    rows: list[LogLine] = []
    faults: dict[int, Fault] = {}
    for index, line in enumerate(data.split(b"\n")):
        match _read_one(line):
            case Fault() as fault:
                faults[index] = fault
            case row:
                rows.append(row)
    return rows, faults


def _read_one(line: bytes) -> LogLine | Fault:
    """The same as `read_line`, but fast where the line is an ordinary one."""
    if not line:
        return _EMPTY
    if _NUL_ESCAPE in line:
        return read_line(line)
    try:
        line.decode()
        return _DECODER.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return read_line(line)
