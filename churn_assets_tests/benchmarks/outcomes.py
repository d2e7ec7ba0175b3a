"""Literal results of a run: small, made up, and with every kind of thing that a stage can find."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from benchmarks.conditions import Conditions, Machine
from benchmarks.findings import Axis, Curve, Findings, Line, Point, Profile, Share, Target
from benchmarks.measuring import Cost
from benchmarks.results import Measurement, Results

MACHINE = Machine("Linux", "A Processor", cores=4, memory_mb=8192, threads=2)
CONDITIONS = Conditions(MACHINE, {"python": "3.11.9", "duckdb": "2.0.0"}, "c0de", "0123456789abcdef", has_changes=False)
AT = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
MEGABYTE = 1 << 20


def cost(cpu_seconds: float, *, peak_mb: int = 100, others_cores: float = 0.0) -> Cost:
    """What a process took: half as long on the wall as in CPU seconds."""
    return Cost(cpu_seconds, cpu_seconds / 2, peak_mb * MEGABYTE, others_cores=others_cores)


def curve(step: str, costs: Mapping[float, float], axis: Axis = Axis.EVENTS) -> Curve:
    """A curve through CPU seconds by place; its memory grows as the fourth root of the place."""
    points = [Point(at, cost(seconds, peak_mb=round(10 * at**0.25))) for at, seconds in costs.items()]
    return Curve(step, axis, points)


def measurement(findings: Findings, *, seconds: float = 60.0, conditions: Conditions = CONDITIONS) -> Measurement:
    """Findings as a run keeps them."""
    return Measurement(AT, seconds, conditions, findings)


def findings(name: str, targets: Sequence[Target] = (), curves: Sequence[Curve] = ()) -> Findings:
    """A stage of one process."""
    return Findings(name, {"events": 1_000}, [Line("a process", cost(1.0))], list(targets), list(curves))


def whole(size: str = "full") -> Results:
    """Results of a run that measured everything that the page is made from but `drift`."""
    linear = {1e6: 1.0, 4e6: 4.0, 16e6: 16.0}
    ingest = Findings(
        "ingest",
        {"lines": 1_000, "bytes": 450_000},
        [Line("reference: bare", cost(1.0)), Line("ours", cost(2.0, others_cores=1.5))],
        [Target("CPU beside the reference", 2.0, 1.7, issue=6), Target("not asked for", 1.0, 2.0)],
        [curve("ingest", {1e5: 2.0, 4e5: 8.0, 16e5: 32.0})],
        stored_bytes={"raw_logs": 20_000, "events": 10_000},
    )
    features = Findings(
        "features",
        {"events": 1_000_000, "listeners": 1_000, "days": 180},
        [Line("sessions", Cost(1.0, 0.5, MEGABYTE, repeats=3, dearest_cpu_seconds=1.25))],
        [Target("rows a second", 300.0, 200.0, is_ceiling=False, issue=2)],
        profiles=[Profile("sessions", "DuckDB's operators", [Share("sorting", 3.0), Share("reading", 1.0)])],
        stored_bytes={"events": 13_000_000, "sessions": 1_000_000},
    )
    growth = findings("growth", curves=[curve("events to features", linear), curve("sessions", linear)])
    cores = findings("cores", curves=[curve("sessions", {1: 4.0, 2: 5.0}, Axis.CORES)])
    stages = {"growth": growth, "ingest": ingest, "features": features, "cores": cores}
    return Results(size, {name: measurement(found) for name, found in stages.items()})
