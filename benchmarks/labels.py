"""Who is at risk, and who left: beside SQL written by hand, which reads the events themselves and must say the same."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from benchmarks import production
from benchmarks.aggregates import aggregated, compiling_cost
from benchmarks.findings import Findings, Line, Target
from benchmarks.measuring import THREADS, Cost
from benchmarks.sizes import LABEL_DAYS, Service
from benchmarks.workbench import Workbench

BOUND = """
One pass over the listener-days of all lookbacks and label windows: each day is joined with the cut-offs that see it,
and grouped by listener and cut-off. The reference reads the events of four months once for every cut-off, because
that is what SQL by hand does; the more cut-offs, the further apart the two.
"""

NO_DEARER = 1.0
PLAIN = f"""
WITH seen AS (
    SELECT user_id, max(ts) AS last_ts, arg_max(page, (ts, session_id, item_in_session)) AS page
    FROM read_parquet($files) WHERE ts >= $start AND ts < $cutoff GROUP BY user_id
), later AS (
    SELECT user_id, count(*) FILTER (page = 'Cancellation Confirmation') AS cancellations
    FROM read_parquet($files) WHERE ts >= $cutoff AND ts < $cutoff + INTERVAL {LABEL_DAYS} DAY GROUP BY user_id
)
SELECT user_id,
    last_ts >= $cutoff - INTERVAL {production.AT_RISK_DAYS} DAY AND page <> 'Cancellation Confirmation' AS at_risk,
    later.user_id IS NULL AS churned,
    coalesce(cancellations, 0) > 0 AS cancelled
FROM seen LEFT JOIN later USING (user_id)
"""


def labels(bench: Workbench) -> Findings:
    """From stored listener-days no dearer than from the events, and equal."""
    size, service = bench.size, bench.size.main
    cutoffs = service.mature_cutoffs(size.cutoffs)
    ours = label_cost(bench, service, cutoffs, repeats=size.repeats)
    lake = str(bench.lake(service))
    plain = bench.measure(
        "labels by hand, from events", plain_labels, lake=lake, cutoffs=cutoffs, lookback_days=size.lookback_days
    )
    unequal = bench.measure("both compared", compare, lake=lake, cutoffs=cutoffs)
    return Findings(
        "labels",
        {"events": bench.events(service), "cut-offs": len(cutoffs), "labels": plain.answer},
        [
            Line("reference: SQL by hand from the events, a query a cut-off", plain.cost),
            Line(f"population and churn_labels at {len(cutoffs)} cut-offs", ours),
        ],
        [
            Target("CPU beside the reference", ours.cpu_seconds / plain.cost.cpu_seconds, NO_DEARER),
            Target("labels that the two do not agree on", unequal.answer, 0),
        ],
    )


def label_cost(bench: Workbench, service: Service, cutoffs: Sequence[str], *, repeats: int = 1) -> Cost:
    """What population and labels cost at mature cut-offs, from daily aggregates that are there."""
    root = aggregated(bench, service)
    case = f"labels of {root.name} at {len(cutoffs)} cut-offs"
    compiling_cost(bench)
    arguments = {"lake": str(root), "cutoffs": cutoffs, "lookback_days": bench.size.lookback_days}

    def measure() -> Cost:
        return bench.measure(case, production.labels, repeats=repeats, **arguments).cost

    return bench.once(case, measure)


def plain_labels(lake: str, cutoffs: Sequence[str], lookback_days: int) -> int:
    """The labels of every cut-off straight from the events, kept for the comparison; gives how many."""
    import duckdb

    with duckdb.connect() as connection:
        connection.execute(f"SET threads = {THREADS}")
        for cutoff in cutoffs:
            query = _plain_query(lake, date.fromisoformat(cutoff), lookback_days)
            connection.execute(f"COPY ({query}) TO '{_plain_path(lake, cutoff)}' (FORMAT parquet)")
        counted = connection.execute(f"SELECT count(*) FROM '{_plain_path(lake, '*')}'").fetchone()
    assert counted is not None
    return int(counted[0])


def _plain_query(lake: str, cutoff: date, lookback_days: int) -> str:
    from churn_assets.ingest.tables import EVENTS
    from churn_assets.lake.lake import Lake

    start = cutoff - timedelta(days=lookback_days)
    last = cutoff + timedelta(days=LABEL_DAYS - 1)
    files = Lake(Path(lake)).scan(EVENTS).between(start.isoformat(), last.isoformat()).paths
    names = {"$files": str(files), "$start": f"TIMESTAMP '{start}'", "$cutoff": f"TIMESTAMP '{cutoff}'"}
    query = PLAIN
    for name, value in names.items():
        query = query.replace(name, value)
    return query


def _plain_path(lake: str, cutoff: str) -> Path:
    return Path(lake) / f"plain_labels-{cutoff}.parquet"


def compare(lake: str, cutoffs: Sequence[str]) -> int:
    """How many stored labels are not those of the reference, or are there in one only."""
    import duckdb

    from churn_assets.labels.tables import CHURN_LABELS
    from churn_assets.lake.lake import Lake

    unequal = 0
    with duckdb.connect() as connection:
        for cutoff in cutoffs:
            columns = "user_id, at_risk, churned, cancelled"
            ours = f"SELECT {columns} FROM read_parquet('{Lake(Path(lake)).path(CHURN_LABELS, cutoff)}')"
            plain = f"SELECT {columns} FROM read_parquet('{_plain_path(lake, cutoff)}')"
            for one, other in ((ours, plain), (plain, ours)):
                counted = connection.execute(f"SELECT count(*) FROM ({one} EXCEPT {other})").fetchone()
                assert counted is not None
                unequal += int(counted[0])
    return unequal
