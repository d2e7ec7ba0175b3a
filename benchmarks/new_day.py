"""A new day on top of ever more history: from its log file to its daily aggregates, item gaps included."""

from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import production
from benchmarks.features import aggregated
from benchmarks.findings import Findings, Line, Target
from benchmarks.measuring import THREADS
from benchmarks.workbench import Workbench

if TYPE_CHECKING:
    import duckdb

HISTORIES_DAYS = (30, 60, 120)
SAME = 1.15
"""How far two costs may lie apart and still count as the same: what equal runs differ by on a shared machine."""
AGENT = "Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/36.0.1985.143 Safari/537.36"
LINE = f"""
SELECT epoch_ms(ts) AS ts, user_id AS "userId", session_id AS "sessionId", item_in_session AS "itemInSession",
    page, level, artist, song, length, method, status, gender, city || ', ' || region AS location,
    epoch_ms(registration) AS registration, 'Logged In' AS auth, 'Ada' AS "firstName", 'Byron' AS "lastName",
    '{AGENT}' AS "userAgent"
FROM read_parquet($file, hive_partitioning = false) ORDER BY ts
"""


def new_day(bench: Workbench) -> Findings:
    """The same cost after 30, 60 and 120 days."""
    size = bench.size
    history = aggregated(bench, size.listeners)
    day = size.day(size.days - 1)
    landing = bench.fresh("landing-new-day")
    bench.measure("log file of the new day", write_day_log, lake=str(history), day=day, landing=str(landing))
    lines = []
    for days in HISTORIES_DAYS:
        arguments = {"landing": str(landing), "history": str(history), "history_days": days, "day": day}
        lake = bench.fresh(f"lake-new-day-{days}")
        done = bench.measure(f"a new day after {days}", add_day, repeats=size.repeats, lake=str(lake), **arguments)
        lines.append(Line(f"a new day after {days} days", done.cost))
    costs = [line.cost.cpu_seconds for line in lines]
    sizes = {"events a day": bench.events(size.listeners) // size.days, "listeners": size.listeners}
    return Findings("new_day", sizes, lines, [Target("dearest over cheapest history", max(costs) / min(costs), SAME)])


def write_day_log(lake: str, day: str, landing: str) -> int:
    """Write the events of a day as the log file that they could have come from; gives the lines."""
    import duckdb

    from churn_assets.ingest.tables import EVENTS
    from churn_assets.lake.lake import Lake

    file = Lake(Path(lake)).path(EVENTS, day)
    Path(landing).mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute(f"SET threads = {THREADS}")
        return _copy_lines(connection, file, Path(landing) / f"{day}.json")


def _copy_lines(connection: "duckdb.DuckDBPyConnection", file: Path, to: Path) -> int:
    query = LINE.replace("$file", f"'{file}'")
    copied = connection.execute(f"COPY ({query}) TO '{to}' (FORMAT json)").fetchone()
    assert copied is not None
    return int(copied[0])


def add_day(*, landing: str, lake: str, day: str, history: str, history_days: int) -> int:
    """A day's log file to every one of its daily tables, after `history_days` days of history; gives the rows."""
    production.ingest(landing, lake, [day])
    rows = sum(step(lake, [day]) for step in (production.sessions, production.listener_days))
    return rows + production.listener_item_gaps(lake, [day], history=history, history_days=history_days)
