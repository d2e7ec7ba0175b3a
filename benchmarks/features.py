"""Daily aggregates once, then features at many cut-offs and at a new one, beside a bare scan of the event columns."""

from benchmarks import production, references
from benchmarks.aggregates import AGGREGATES, aggregate_costs, compiling_cost, feature_cost
from benchmarks.findings import Findings, Line, Profile, Target
from benchmarks.profiling import operators, profile
from benchmarks.sizes import FIRST_DAY
from benchmarks.workbench import Workbench, stored_bytes

BOUND = """
Building the aggregates is bounded by `listener_item_gaps`: every song and artist that a listener heard is numbered,
sorted by listener and day, and looked at beside the day before
([19](decisions/0019-item-gaps-from-numbered-events.md)). `listener_days` pays for the scan of every event's page,
time and length. Features are three groupings over the pairs of a row and a cut-off that sees it, each filtered
aggregate costing some nanoseconds a pair, and the writing and hashing of the rows; a single cut-off is bounded by a
process' start, its imports and DuckDB's planning. What was tried is in [32](decisions/0032-compiled-queries.md) and
[20](decisions/0020-how-queries-are-written.md).
"""

BUILD_RATIO, MANY_RATIO, ONE_RATIO = 12, 1.2, 0.5
TABLES = ("events", "sessions", "listener_days", "listener_item_gaps", "user_features")


def features(bench: Workbench) -> Findings:
    """Building at most 12 scans, features at 12 cut-offs at most 1.2, at a new one at most half of one."""
    size, service = bench.size, bench.size.main
    root = bench.lake(service)
    compiled = compiling_cost(bench)
    scan = bench.measure("bare scan", references.bare_scan, repeats=size.repeats, lake=str(root)).cost
    built = aggregate_costs(bench, service)
    many = feature_cost(bench, service, service.cutoffs(size.cutoffs))
    one = feature_cost(bench, service, service.cutoffs(1), repeats=size.repeats)
    start = bench.measure("starting", production.starting, repeats=size.repeats).cost
    build = sum(cost.cpu_seconds for cost in built.values())
    return Findings(
        "features",
        {"events": bench.events(service), "listeners": service.listeners, "days": service.days},
        [
            Line("reference: bare scan of the event columns", scan),
            *(Line(f"{name}, all days", cost) for name, cost in built.items()),
            Line(f"user_features at {size.cutoffs} cut-offs", many),
            Line("user_features at 1 new cut-off", one),
            Line("of each of them: a process' start and imports", start),
            Line("compiling all queries, once a version of the code", compiled),
        ],
        [
            Target("building the aggregates, in scans", build / scan.cpu_seconds, BUILD_RATIO, issue=2),
            Target(
                f"features at {size.cutoffs} cut-offs, in scans",
                many.cpu_seconds / scan.cpu_seconds,
                MANY_RATIO,
                issue=6,
            ),
            Target("features at 1 new cut-off, in scans", one.cpu_seconds / scan.cpu_seconds, ONE_RATIO, issue=2),
        ],
        profiles=_profiles(bench),
        stored_bytes={table: stored_bytes(root / table) for table in TABLES},
    )


def _profiles(bench: Workbench) -> list[Profile]:
    """Where each step's time goes, at 1x: four times as much would say the same, and take four times as long."""
    service = bench.size.base
    lake = str(bench.lake(service))
    built = [profile(bench, job.__name__, operators, job, lake=lake, days=service.keys) for job in AGGREGATES]
    arguments = {"first_day": FIRST_DAY.isoformat(), "lookback_days": bench.size.lookback_days}
    cutoffs = service.cutoffs(bench.size.cutoffs)
    made = profile(bench, "user_features", operators, production.user_features, lake=lake, cutoffs=cutoffs, **arguments)
    return [*built, made]
