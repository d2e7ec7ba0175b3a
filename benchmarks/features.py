"""Daily aggregates once, then features at many cut-offs and at a new one, beside a bare scan of the event columns."""

from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import production, references
from benchmarks.findings import Findings, Line, Target
from benchmarks.measuring import Cost
from benchmarks.sizes import Size
from benchmarks.workbench import Workbench

AGGREGATES = (
    production.sessions,
    production.listener_days,
    production.listener_item_gaps,
)
BUILD_RATIO, MANY_RATIO, ONE_RATIO = 12, 2, 0.5


def features(bench: Workbench) -> Findings:
    """Building at most 12 scans, features at 12 cut-offs at most 2, at a new one at most half of one."""
    size = bench.size
    root = bench.lake(size.listeners)
    compiled = compiling_cost(bench)
    scan = bench.measure("bare scan", references.bare_scan, repeats=size.repeats, lake=str(root)).cost
    built = aggregate_costs(bench, size.listeners)
    many = feature_cost(bench, size.listeners, size.newest_cutoffs)
    one = feature_cost(bench, size.listeners, size.newest_cutoffs[-1:], repeats=size.repeats)
    start = bench.measure("starting", production.starting, repeats=size.repeats).cost
    build = sum(cost.cpu_seconds for cost in built.values())
    return Findings(
        "features",
        {"events": bench.events(size.listeners), "listeners": size.listeners, "days": size.days},
        [
            Line("reference: bare scan of the event columns", scan),
            *(Line(name, cost) for name, cost in built.items()),
            Line(f"user_features at {size.cutoffs} cut-offs", many),
            Line("user_features at 1 new cut-off", one),
            Line("of each of them: a process' start and imports", start),
            Line("compiling all queries, once a version of the code", compiled),
        ],
        [
            Target("building the aggregates, in scans", build / scan.cpu_seconds, BUILD_RATIO),
            Target(f"features at {size.cutoffs} cut-offs, in scans", many.cpu_seconds / scan.cpu_seconds, MANY_RATIO),
            Target("features at 1 new cut-off, in scans", one.cpu_seconds / scan.cpu_seconds, ONE_RATIO),
        ],
    )


def compiling_cost(bench: Workbench) -> Cost:
    """What compiling the queries takes, in a process of its own; from then on they are kept in the scratch folder."""
    size = bench.size

    def measure() -> Cost:
        arguments = {"first_day": size.first_day.isoformat(), "lookback_days": size.lookback_days}
        queries = bench.fresh(production.QUERIES)
        return bench.measure("compiling", production.compiling, queries=str(queries), **arguments).cost

    return bench.once("compiling", measure)


def aggregate_costs(bench: Workbench, listeners: int) -> dict[str, Cost]:
    """What each daily aggregate of a lake costs, all days at once, each a process of its own."""
    root = bench.lake(listeners)
    compiling_cost(bench)
    costs = {job.__name__: _aggregate_cost(bench, root, job) for job in AGGREGATES}
    (root / ".aggregates").touch()
    return costs


def aggregated(bench: Workbench, listeners: int) -> Path:
    """The lake of that many listeners with its daily aggregates; made if they are not there."""
    root = bench.lake(listeners)
    if not (root / ".aggregates").exists():
        aggregate_costs(bench, listeners)
    return root


def _aggregate_cost(bench: Workbench, root: Path, job: Callable[..., int]) -> Cost:
    def measure() -> Cost:
        return bench.measure(f"{job.__name__} of {root.name}", job, lake=str(root), days=_days(bench.size)).cost

    return bench.once(f"{job.__name__} {root.name}", measure)


def _days(size: Size) -> list[str]:
    return [size.day(n) for n in range(size.days)]


def feature_cost(bench: Workbench, listeners: int, cutoffs: Sequence[str], *, repeats: int = 1) -> Cost:
    """What the features of a lake cost at `cutoffs`, from daily aggregates that are there."""
    root, size = aggregated(bench, listeners), bench.size
    compiling_cost(bench)

    def measure() -> Cost:
        return bench.measure(
            f"features of {root.name} at {len(cutoffs)} cut-offs",
            production.user_features,
            repeats=repeats,
            lake=str(root),
            cutoffs=list(cutoffs),
            first_day=size.first_day.isoformat(),
            lookback_days=size.lookback_days,
        ).cost

    return bench.once(f"features {root.name} {len(cutoffs)}", measure)
