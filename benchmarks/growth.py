"""Sixteen times the events: daily aggregates and features of a small service and of one 16 times its size."""

from benchmarks.features import aggregate_costs, feature_cost
from benchmarks.findings import Findings, Line, Target
from benchmarks.measuring import Cost
from benchmarks.workbench import Workbench

CPU_GROWTH = 18
PEAK_GB = 4.0
GIGABYTE = 1e9


def growth(bench: Workbench) -> Findings:
    """At most 18 times the CPU for 16 times the events, memory under 4 GB."""
    size = bench.size
    base, large = size.listeners // size.growth, size.listeners
    costs = {listeners: _cost(bench, listeners) for listeners in (base, large)}
    events = {listeners: bench.events(listeners) for listeners in (base, large)}
    more = events[large] / events[base]
    ratio = costs[large].cpu_seconds / costs[base].cpu_seconds
    return Findings(
        "growth",
        {"events": events[large], "base events": events[base]},
        [Line(f"aggregates and features of {events[n]:,} events", cost) for n, cost in costs.items()],
        [
            Target(f"CPU of {more:.1f}x the events, as of 16x", ratio / more * size.growth, CPU_GROWTH),
            Target("peak memory in GB", costs[large].peak_bytes / GIGABYTE, PEAK_GB),
        ],
    )


def _cost(bench: Workbench, listeners: int) -> Cost:
    """All steps together; the largest of their memory peaks, since they run one after the other."""
    built = aggregate_costs(bench, listeners).values()
    steps = [*built, feature_cost(bench, listeners, bench.size.newest_cutoffs)]
    return Cost(
        sum(step.cpu_seconds for step in steps),
        sum(step.wall_seconds for step in steps),
        max(step.peak_bytes for step in steps),
    )
