"""Events as raw log lines, and what ingest makes of raw lines: the two ends of the comparison with the batch path."""

import json
from collections.abc import Sequence
from functools import cache
from random import Random
from typing import Any

import duckdb
import msgspec
import pyarrow as pa

from churn_assets.ingest.events import events
from churn_assets.ingest.line_batch import read_lines
from churn_assets.ingest.location import place_table
from churn_assets.ingest.log_line import LogLine
from churn_assets.ingest.tables import EVENTS, RAW_LOGS
from churn_assets.ingest.user_agent import agent_table
from churn_assets.lake.engine import to_sql
from churn_assets.lake.recipe import unbound
from churn_assets_tests.logs import Event, Log

AGENTS = (
    None,
    '"Mozilla/5.0 (iPhone; CPU iPhone OS 7_1_2 like Mac OS X) AppleWebKit/537.51.2 (KHTML, like Gecko) Mobile/11D257"',
    "Mozilla/5.0 (Windows NT 6.1; WOW64; rv:31.0) Gecko/20100101 Firefox/31.0",
    '"Mozilla/5.0 (iPad; CPU OS 7_1_2 like Mac OS X) AppleWebKit/537.51.2 Version/7.0 Mobile/11D257 Safari/9537.53"',
    "curl/8.0",
)
LOCATIONS = (
    None,
    "San Francisco-Oakland-Hayward, CA",
    "Louisville/Jefferson County, KY-IN",
    "Paris, France",
    "Atlantis",
)
DEVICES = (None, "Mobile", "tablet", " Desktop ", "fridge", "", "\t")
NAMES = {
    "user_id": "userId",
    "session_id": "sessionId",
    "item_in_session": "itemInSession",
    "ts": "ts",
    "page": "page",
    "level": "level",
    "artist": "artist",
    "song": "song",
    "length": "length",
    "gender": "gender",
    "registration": "registration",
    "method": "method",
    "status": "status",
}


def raw_lines(log: Log, chance: Random) -> list[bytes]:
    """Each event as a producer might write it: with agents and places, nulls or gaps, and now and then twice."""
    lines = [_line(event, chance) for event in log]
    return lines + [chance.choice(lines) for _ in range(len(lines) // 5)]


def _line(event: Event, chance: Random) -> bytes:
    line: dict[str, Any] = {theirs: getattr(event, ours) for ours, theirs in NAMES.items()}
    line |= {"userAgent": chance.choice(AGENTS), "location": chance.choice(LOCATIONS), "firstName": "Adelheid"}
    line["device"] = chance.choice(DEVICES)
    if chance.randint(0, 1):
        line = {name: value for name, value in line.items() if value is not None}
    if event.registration is not None and chance.randint(0, 1):
        line["registration"] = event.registration + 0.75
    return json.dumps(line, ensure_ascii=bool(chance.randint(0, 1))).encode()


@cache
def _events_sql() -> str:
    return to_sql(events(unbound(RAW_LOGS)))


def ingested(lines: Sequence[bytes]) -> list[Event]:
    """The clean events that ingest makes of raw lines."""
    rows, faults = read_lines(b"\n".join(lines))
    assert not faults
    with duckdb.connect() as connection:
        connection.register(RAW_LOGS.table, _raw_table(rows))
        connection.register("agents", agent_table(row.user_agent for row in rows))
        connection.register("places", place_table(row.location for row in rows))
        found = connection.sql(_events_sql()).to_arrow_table().to_pylist()
    return [Event(**{name: row[name] for name in EVENTS.names if name != "day"}) for row in found]


def _raw_table(rows: Sequence[LogLine]) -> pa.Table:
    records = [
        msgspec.structs.asdict(row) | {"file": "a.json", "line": n, "origin": "log"} for n, row in enumerate(rows)
    ]
    for record in records:
        record["day"] = record["ts"] // 86_400_000
        record["registration"] = None if record["registration"] is None else int(record["registration"])
    types = {"day": pa.int64(), "ts": pa.int64(), "registration": pa.int64(), "length": pa.float64()}
    types |= dict.fromkeys(("line", "session_id", "item_in_session", "status"), pa.int64())
    return pa.table(
        {name: pa.array([r[name] for r in records], types.get(name, pa.string())) for name in RAW_LOGS.names}
    )
