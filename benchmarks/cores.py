"""One core and two: what the second one saves on the wall, and what it costs in CPU seconds."""

from datetime import timedelta

from benchmarks import production
from benchmarks.aggregates import aggregate_costs, feature_cost
from benchmarks.findings import Axis, Curve, Findings, Line, Point
from benchmarks.measuring import CORES, Cost
from benchmarks.sizes import FIRST_DAY
from benchmarks.workbench import Workbench

BOUND = """
DuckDB's operators use both cores, and so do days that are ingested side by side; Python's decoding of one day,
planning, hashing and a process' start use one. What two cores cost beyond one in CPU seconds is waiting for each
other and sharing memory's bandwidth.
"""

FEW = (1, CORES)
INGESTED_DAYS = 4


def cores(bench: Workbench) -> Findings:
    """The same work on one core and on both."""
    service = bench.size.base
    steps = [_steps(bench, count) for count in FEW]
    curves = [
        Curve(name, Axis.CORES, [Point(count, costs[name]) for count, costs in zip(FEW, steps, strict=True)])
        for name in steps[0]
    ]
    return Findings(
        "cores",
        {"events": bench.events(service), "days ingested": INGESTED_DAYS, "cut-offs": bench.size.cutoffs},
        [
            Line(f"{curve.step}, {point.at:.0f} core{'s' if point.at > 1 else ''}", point.cost)
            for curve in curves
            for point in curve.points
        ],
        curves=curves,
    )


def _steps(bench: Workbench, count: int) -> dict[str, Cost]:
    service = bench.size.base
    built = aggregate_costs(bench, service, cores=count)
    made = feature_cost(bench, service, service.cutoffs(bench.size.cutoffs), cores=count)
    return {f"ingest of {INGESTED_DAYS} days": _ingest(bench, count)} | built | {"user_features": made}


def _ingest(bench: Workbench, count: int) -> Cost:
    days = [(FIRST_DAY + timedelta(days=n)).isoformat() for n in range(INGESTED_DAYS)]
    landing, lake = bench.landing_of(INGESTED_DAYS), bench.fresh("lake-of-cores")
    case = f"ingest of {INGESTED_DAYS} days on {count}"
    return bench.measure(case, production.ingest, cores=count, landing=str(landing), lake=str(lake), days=days).cost
