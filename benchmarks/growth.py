"""Once, four and sixteen times the events: daily aggregates and features of services that differ only in listeners."""

from benchmarks.aggregates import aggregate_costs, feature_cost
from benchmarks.curves import WHOLE
from benchmarks.findings import Axis, Curve, Findings, Line, Point, Target
from benchmarks.measuring import Cost, total
from benchmarks.sizes import Service
from benchmarks.workbench import Workbench

BOUND = """
Services that differ in nothing but their number of listeners. Every step but the item gaps works on a listener's day
or a listener's cut-off at a time, so CPU grows as the events do. Item gaps sort all events of a table in one pass:
beyond the memory limit they are sorted through the disk, which costs more an event.
"""

CPU_GROWTH, AN_EVENT = 18, 1.5
TIMES = 16
PEAK_GB = 2.0
GIGABYTE = 1e9


def growth(bench: Workbench) -> Findings:
    """At most 18 times the CPU for 16 times the events, and at most 1.5 times an event; memory below 2 GB."""
    services = (bench.size.base, bench.size.main, bench.size.large)
    steps = [_steps(bench, service) for service in services]
    wholes = [total(list(costs.values())) for costs in steps]
    events = [bench.events(service) for service in services]
    more, ratio = events[-1] / events[0], wholes[-1].cpu_seconds / wholes[0].cpu_seconds
    curves = [_curve(name, events, [costs[name] for costs in steps]) for name in steps[0]]
    return Findings(
        "growth",
        {"events": events[-1], "base events": events[0], "cut-offs": bench.size.cutoffs},
        [Line(f"aggregates and features of {n:,} events", cost) for n, cost in zip(events, wholes, strict=True)],
        [
            Target(f"CPU of {more:.1f}x the events, as of {TIMES}x", ratio / more * TIMES, CPU_GROWTH, issue=2),
            Target(f"CPU an event at {more:.0f}x, beside 1x", ratio / more, AN_EVENT, issue=6),
            Target("peak memory in GB", max(cost.peak_bytes for cost in wholes) / GIGABYTE, PEAK_GB, issue=6),
        ],
        [_curve(WHOLE, events, wholes), *curves],
    )


def _curve(step: str, events: list[int], costs: list[Cost]) -> Curve:
    return Curve(step, Axis.EVENTS, [Point(n, cost) for n, cost in zip(events, costs, strict=True)])


def _steps(bench: Workbench, service: Service) -> dict[str, Cost]:
    """Each step's cost; they run one after the other."""
    built = aggregate_costs(bench, service)
    return built | {"user_features": feature_cost(bench, service, service.cutoffs(bench.size.cutoffs))}
