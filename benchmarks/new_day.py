"""A new day on top of ever more history: from its log file to its daily aggregates, item gaps included."""

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import production
from benchmarks.aggregates import aggregated, feature_cost
from benchmarks.findings import Axis, Curve, Findings, Line, Point, Target
from benchmarks.measuring import THREADS
from benchmarks.sizes import FIRST_DAY
from benchmarks.workbench import Workbench

if TYPE_CHECKING:
    import duckdb

BOUND = """
Item gaps are half of it, and all that grows with history, until it is as long as the lookback: the texts of its songs
and artists are read and looked up among those of the new day ([46](decisions/0046-new-day.md)). The rest is
decoding the day's lines, the rules for user agents, and the start of the process; that of the second process is saved
where one does both. A new cut-off costs the same whatever lies before the lookback.
"""

HISTORIES_DAYS = (30, 60, 120)
SAME = 1.15
"""How far two costs may lie apart and still count as the same: what equal runs differ by on a shared machine."""
DAY_AND_CUTOFF_S = 3.0
AGENT = "Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/36.0.1985.143 Safari/537.36"
LINE = f"""
SELECT epoch_ms(ts) AS ts, user_id AS "userId", session_id AS "sessionId", item_in_session AS "itemInSession",
    page, level, artist, song, length, method, status, gender, city || ', ' || region AS location,
    epoch_ms(registration) AS registration, 'Logged In' AS auth, 'Ada' AS "firstName", 'Byron' AS "lastName",
    '{AGENT}' AS "userAgent"
FROM read_parquet($file, hive_partitioning = false) ORDER BY ts
"""


def new_day(bench: Workbench) -> Findings:
    """The same cost after 30, 60 and 120 days; with a new cut-off at most 3 CPU seconds."""
    size, service = bench.size, bench.size.main
    history, day = aggregated(bench, service), service.keys[-1]
    landing = bench.fresh("landing-new-day")
    bench.measure("log file of the new day", write_day_log, lake=str(history), day=day, landing=str(landing))
    points = []
    for days in HISTORIES_DAYS:
        arguments = {"landing": str(landing), "history": str(history), "history_days": days, "day": day}
        lake = bench.fresh(f"lake-new-day-{days}")
        done = bench.measure(f"a new day after {days}", add_day, repeats=size.repeats, lake=str(lake), **arguments)
        points.append(Point(days, done.cost))
    cutoff = feature_cost(bench, service, service.cutoffs(1), repeats=size.repeats)
    arguments |= {"first_day": FIRST_DAY.isoformat(), "lookback_days": size.lookback_days}
    lake = bench.fresh("lake-new-day-cutoff")
    both = bench.measure(
        "a new day and a new cut-off", add_day_and_cutoff, repeats=size.repeats, lake=str(lake), **arguments
    )
    costs = [point.cost.cpu_seconds for point in points]
    return Findings(
        "new_day",
        {"events a day": bench.events(service) // service.days, "listeners": service.listeners},
        [
            *(Line(f"a new day after {point.at:.0f} days", point.cost) for point in points),
            Line("features at the new cut-off", cutoff),
            Line(f"a new day after {points[-1].at:.0f} days and the new cut-off, in one process", both.cost),
        ],
        [
            Target("dearest over cheapest history", max(costs) / min(costs), SAME, issue=2),
            Target("a new day and a new cut-off, CPU seconds", both.cost.cpu_seconds, DAY_AND_CUTOFF_S, issue=6),
        ],
        [Curve("a new day", Axis.HISTORY, points)],
    )


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


def add_day_and_cutoff(*, landing: str, lake: str, day: str, history: str, history_days: int, **how: Any) -> int:
    """The same, then the features at the midnight that ends the day, as one run of ours does both; gives all rows."""
    rows = add_day(landing=landing, lake=lake, day=day, history=history, history_days=history_days)
    cutoff = (date.fromisoformat(day) + timedelta(days=1)).isoformat()
    return rows + production.user_features(lake, [cutoff], history=history, **how)
