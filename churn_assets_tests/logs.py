"""Small logs of clean events, written by hand or drawn by hypothesis, and the shapes that both evaluators read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from churn_assets.cutoffs import DAY, epoch_day, epoch_ms
from churn_assets.ingest.tables import EVENTS

FIRST_DAY = date(2024, 1, 1)
LOG_START = epoch_ms(FIRST_DAY)
FIRST = epoch_day(FIRST_DAY)
LENGTHS, REGISTRATION = "length", "registration"
WHOLE = ("ts", "session_id", "item_in_session", "status")
IDENTITY = ("user_id", "session_id", "item_in_session", "ts", "page")


@dataclass(frozen=True)
class Event:
    """One clean event; times are epoch milliseconds."""

    user_id: str
    ts: int
    page: str = "NextSong"
    session_id: int = 1
    item_in_session: int = 0
    level: str | None = "free"
    artist: str | None = None
    song: str | None = None
    length: float | None = None
    gender: str | None = "F"
    region: str | None = "CA"
    device: str | None = "Desktop"
    os: str | None = "Linux"
    browser: str | None = "Firefox"
    registration: int | None = None
    method: str | None = "PUT"
    status: int | None = 200
    city: str | None = "Napa"
    country: str | None = "United States"
    origin: str = "log"

    @property
    def day(self) -> int:
        """Epoch day of the event."""
        return self.ts // DAY

    @property
    def identity(self) -> tuple[Any, ...]:
        """What makes the event itself."""
        return tuple(getattr(self, name) for name in IDENTITY)


Log = Sequence[Event]


def at(day: int, ms: int = 0) -> int:
    """Epoch milliseconds of `ms` after midnight of day `day` of the log (its first day is 0)."""
    return LOG_START + day * DAY + ms


def without_copies(log: Iterable[Event]) -> list[Event]:
    """The first event of each identity."""
    return list({event.identity: event for event in reversed(list(log))}.values())[::-1]


def event_table(log: Log) -> pa.Table:
    """The log as the `events` table that expressions see: times as whole numbers, the day beside them."""
    rows = [asdict(event) | {"day": event.day} for event in log]
    types = {name: pa.string() for name in EVENTS.names}
    types |= dict.fromkeys((*WHOLE, "day", REGISTRATION), pa.int64()) | {LENGTHS: pa.float64()}
    return pa.table({name: pa.array([row[name] for row in rows], types[name]) for name in EVENTS.names})


def event_arrays(log: Log) -> Mapping[str, Any]:
    """The log as the arrays that the request evaluator reads."""

    def array(name: str) -> Any:
        values = [getattr(event, name) for event in log]
        if name in (LENGTHS, REGISTRATION):
            return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
        return np.array(values, dtype=np.int64 if name in WHOLE else object)

    return {name: array(name) for name in EVENTS.names if name not in ("day", "status")}
