"""The steps from events to features, measured once for each lake: the daily aggregates, then features at cut-offs."""

from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import production
from benchmarks.measuring import CORES, Cost
from benchmarks.sizes import FIRST_DAY, Service
from benchmarks.workbench import Workbench

AGGREGATES = (
    production.sessions,
    production.listener_days,
    production.listener_item_gaps,
)
BUILT = ".aggregates"
"""A file in a lake that has its daily aggregates."""


def compiling_cost(bench: Workbench) -> Cost:
    """What compiling the queries takes, in a process of its own; from then on they are kept in the scratch folder."""

    def measure() -> Cost:
        arguments = {"first_day": FIRST_DAY.isoformat(), "lookback_days": bench.size.lookback_days}
        queries = bench.fresh(production.QUERIES)
        return bench.measure("compiling", production.compiling, queries=str(queries), **arguments).cost

    return bench.once("compiling", measure)


def aggregate_costs(bench: Workbench, service: Service, *, cores: int = CORES) -> dict[str, Cost]:
    """What each daily aggregate of a lake costs, all days at once, each a process of its own."""
    root = bench.lake(service)
    compiling_cost(bench)
    costs = {job.__name__: _aggregate_cost(bench, service, job, cores) for job in AGGREGATES}
    (root / BUILT).touch()
    return costs


def aggregated(bench: Workbench, service: Service) -> Path:
    """The lake of a service with its daily aggregates; made if they are not there."""
    root = bench.lake(service)
    if not (root / BUILT).exists():
        aggregate_costs(bench, service)
    return root


def _aggregate_cost(bench: Workbench, service: Service, job: Callable[..., int], cores: int) -> Cost:
    root = bench.lake(service)
    case = f"{job.__name__} of {root.name}{_on(cores)}"
    return bench.once(case, lambda: bench.measure(case, job, cores=cores, lake=str(root), days=service.keys).cost)


def feature_cost(
    bench: Workbench, service: Service, cutoffs: Sequence[str], *, repeats: int = 1, cores: int = CORES
) -> Cost:
    """What the features of a lake cost at `cutoffs`, from daily aggregates that are there."""
    root = aggregated(bench, service)
    compiling_cost(bench)
    case = f"features of {root.name} at {len(cutoffs)} cut-offs{_on(cores)}"
    arguments = {"first_day": FIRST_DAY.isoformat(), "lookback_days": bench.size.lookback_days}

    def measure() -> Cost:
        job = production.user_features
        done = bench.measure(case, job, repeats=repeats, cores=cores, lake=str(root), cutoffs=cutoffs, **arguments)
        return done.cost

    return bench.once(case, measure)


def _on(cores: int) -> str:
    return "" if cores == CORES else f" on {cores} core"
