"""Which of the events that the API was sent the log does not know yet, as lines of a log file.

A request repeats what the log holds already, often a listener's last months. Only what is new is written, else every
request would make the days of its events be read and computed again.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import msgspec

from churn_assets.cutoffs import day_of
from churn_assets.ingest.line_batch import read_lines
from churn_assets.ingest.log_line import Fault, LogLine
from churn_assets.ingest.tables import EVENTS
from churn_assets.lake.lake import Lake
from churn_assets.serving.log_days import LogDays
from churn_assets.serving.reader import Received

AFTER_RECEIPT, NO_LISTENER = "later than their receipt", "without a listener"
OUTSIDE, KNOWN = "outside of the log's days", "known already"
_EVENTS = msgspec.json.Decoder(list[msgspec.Raw])
_LINES = msgspec.json.Encoder()


class Identity(NamedTuple):
    """What makes an event itself; times are epoch milliseconds."""

    user_id: str
    session_id: int
    item_in_session: int
    ts: int
    page: str

    @classmethod
    def of(cls, event: LogLine) -> "Identity":
        """The identity of an event."""
        return cls(event.user_id, event.session_id, event.item_in_session, event.ts, event.page)


@dataclass(frozen=True)
class Sorted:
    """New events as lines of a log file, in order, and how many others there were, by why they were left out."""

    lines: Sequence[bytes]
    left_out: Mapping[str, int]


def sort_out(received: Iterable[Received], lake: Lake, days: LogDays) -> Sorted:
    """The events of some predictions that the lake does not hold, each once.

    An event needs its whole key (`userId`, `sessionId`, `itemInSession`, `ts`, `page`) and everything else that ingest
    asks of a line, must lie in the days of the log, and not after its receipt: what has not happened yet is not data.
    """
    left_out: Counter[str] = Counter()
    found: dict[Identity, LogLine] = {}
    for one in received:
        rows, faults = _read(one.logs)
        left_out.update(fault.reason for fault in faults.values())
        for event in rows:
            if reason := _objection(event, one.received_at, days):
                left_out[reason] += 1
            elif found.setdefault(Identity.of(event), event) is not event:
                left_out[KNOWN] += 1
    known = known_of(found, lake)
    left_out[KNOWN] += len(known)
    new = (event for identity, event in found.items() if identity not in known)
    return Sorted([_LINES.encode(event) for event in new], +left_out)


def _read(logs: bytes) -> tuple[list[LogLine], dict[int, Fault]]:
    """The events of a JSON array as lines of a log; a line end can only stand between the words of one."""
    events = _EVENTS.decode(logs) if logs.strip() else []
    return read_lines(b"\n".join(bytes(event).replace(b"\n", b" ") for event in events)) if events else ([], {})


def _objection(event: LogLine, received_at: int, days: LogDays) -> str | None:
    if not event.user_id:
        return NO_LISTENER
    if event.ts > received_at:
        return AFTER_RECEIPT
    return None if day_of(event.ts) in days else OUTSIDE


def known_of(wanted: Collection[Identity], lake: Lake) -> set[Identity]:
    """Those of the wanted events that the lake holds."""
    by_day: dict[date, list[Identity]] = {}
    for identity in wanted:
        by_day.setdefault(day_of(identity.ts), []).append(identity)
    known: set[Identity] = set()
    for day, identities in by_day.items():
        known |= set(_held(lake, day, {identity.user_id for identity in identities})).intersection(identities)
    return known


def _held(lake: Lake, day: date, listeners: Collection[str]) -> Iterator[Identity]:
    """The day's events of some listeners; rows are in order of listeners, so that most of the file is skipped."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    for path in lake.find(EVENTS, [day.isoformat()]).paths:
        rows = pq.read_table(path, columns=list(Identity._fields), filters=[("user_id", "in", sorted(listeners))])
        rows = rows.set_column(Identity._fields.index("ts"), "ts", rows["ts"].cast(pa.int64()))
        yield from map(Identity, *(rows[name].to_pylist() for name in Identity._fields))
