"""A line of the log as the platform takes it, and why a line cannot be taken."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from churn_assets.cutoffs import epoch_ms

PLAUSIBLE_FROM_MS = epoch_ms(date(2000, 1, 1))
PLAUSIBLE_UNTIL_MS = epoch_ms(date(2100, 1, 1))
LARGEST_WHOLE = 2**53
"""Largest whole number that JSON's floating-point readers and writers all keep."""

Time = Annotated[int, Meta(ge=PLAUSIBLE_FROM_MS, lt=PLAUSIBLE_UNTIL_MS)]
Whole = Annotated[int, Meta(ge=0, le=LARGEST_WHOLE)]


class LogLine(Struct, rename="camel", gc=False, frozen=True):
    """One event in the log's own words; its fields are `raw_logs`' columns from `ts` on, in their order.

    Decoding JSON straight into it accepts exactly what most producers write. `exact_line.read_line`
    also takes the odd but unmistakable (text times, whole floats) and says why it refuses the rest.
    """

    ts: Time
    user_id: str
    session_id: Whole
    item_in_session: Whole
    page: Annotated[str, Meta(min_length=1)]
    auth: str | None = None
    method: str | None = None
    status: Whole | None = None
    level: str | None = None
    artist: str | None = None
    song: str | None = None
    length: Annotated[float, Meta(ge=0)] | None = None
    gender: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    location: str | None = None
    user_agent: str | None = None
    registration: Annotated[float, Meta(ge=PLAUSIBLE_FROM_MS, lt=PLAUSIBLE_UNTIL_MS)] | None = None
    device: str | None = None


class Reason(StrEnum):
    """Stable codes of what is wrong with a line; a fault of one field is written `code: field`."""

    EMPTY_LINE = "empty_line"
    INVALID_UTF8 = "invalid_utf8"
    INVALID_JSON = "invalid_json"
    LONE_SURROGATE = "lone_surrogate"
    NOT_AN_OBJECT = "not_an_object"
    TOO_LONG = "too_long"
    UNREADABLE_ARCHIVE = "unreadable_archive"
    OUT_OF_RANGE = "out_of_range"
    MISSING_FIELD = "missing_field"
    EMPTY_FIELD = "empty_field"
    WRONG_TYPE = "wrong_type"
    NON_FINITE = "non_finite"
    NEGATIVE = "negative"
    IN_SECONDS = "in_seconds"
    IMPLAUSIBLE = "implausible"
    NUL_CHARACTER = "nul_character"


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a line was refused (never with its values), and its time in epoch ms where that much could be read."""

    reason: str
    ts: int | None = None
