"""The bodies of requests: what the benchmark of serving asks about."""

import json
from collections import defaultdict
from pathlib import Path

import pandas as pd

from churn_assets.ingest.tables import RAW_LOGS
from churn_assets.lake.frames import read_frame
from churn_assets.lake.lake import Lake
from churn_assets.settings import Settings

ONE_EVENTS, MANY_LISTENERS, MANY_EVENTS = 500, 1_000, 200
LOG_NAMES = {
    "user_id": "userId",
    "session_id": "sessionId",
    "item_in_session": "itemInSession",
    "first_name": "firstName",
    "last_name": "lastName",
    "user_agent": "userAgent",
}


def make_bodies(home: str, folder: str) -> dict[str, int]:
    """Write `one.json` (one listener) and `many.json` (many) from the newest raw logs; gives their sizes in bytes.

    A listener with too few events lends those of others under their own name.
    """
    lake = Lake(Path(Settings(home=Path(home)).lake_url))
    lines = _lines(lake)
    pool = [line for own in lines.values() for line in own]
    bodies = {
        "one": _last(max(lines.values(), key=len), ONE_EVENTS),
        "many": [
            line | {"userId": f"m{number}"}
            for number in range(MANY_LISTENERS)
            for line in _window(pool, number * MANY_EVENTS, MANY_EVENTS)
        ],
    }
    for name, body in bodies.items():
        (Path(folder) / f"{name}.json").write_text(json.dumps({"logs": body}, separators=(",", ":")))
    return {name: (Path(folder) / f"{name}.json").stat().st_size for name in bodies}


def _lines(lake: Lake) -> dict[str, list[dict[str, object]]]:
    """The newest log lines of each listener, as the log has them."""
    newest = lake.keys(RAW_LOGS)[-60:]
    frame = read_frame(lake.scan(RAW_LOGS, newest)).drop(columns=["day", "file", "line"])
    frame = frame[frame["user_id"] != ""].assign(ts=frame["ts"].astype("int64"))
    frame["registration"] = frame["registration"].astype("int64").where(frame["registration"].notna())
    found: dict[str, list[dict[str, object]]] = defaultdict(list)
    for row in frame.rename(columns=LOG_NAMES).to_dict("records"):
        found[row["userId"]].append({name: value for name, value in row.items() if pd.notna(value)})
    return found


def _last(lines: list[dict[str, object]], count: int) -> list[dict[str, object]]:
    return _window(lines, max(0, len(lines) - count), count)


def _window(lines: list[dict[str, object]], start: int, count: int) -> list[dict[str, object]]:
    return [lines[(start + n) % len(lines)] for n in range(count)]
