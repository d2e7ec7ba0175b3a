"""The stages of the benchmark: what each measures, which data it needs, and what bounds it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import ModuleType

from benchmarks import (
    beside_pandas,
    cores,
    cutoffs,
    daily_update,
    drift,
    features,
    growth,
    ingest,
    labels,
    new_day,
    scoring,
    serving,
    training,
)
from benchmarks.findings import Findings
from benchmarks.sizes import Data, Size
from benchmarks.workbench import Workbench


@dataclass(frozen=True)
class Stage:
    """One stage; `bound` says in Markdown what bounds it, and stands beside its code."""

    title: str
    run: Callable[[Workbench], Findings]
    needs: frozenset[Data]
    bound: str


def _stage(title: str, module: ModuleType, *needs: Data) -> Stage:
    """The stage of a module: the function of its name, and what bounds it."""
    name = module.__name__.rpartition(".")[2]
    return Stage(title, getattr(module, name), frozenset(needs), module.BOUND)


STAGES: Mapping[str, Stage] = {
    "ingest": _stage("JSON lines to clean events, beside DuckDB's read_json", ingest, Data.LANDING),
    "features": _stage("events to daily aggregates to features, beside a bare scan", features, Data.MAIN, Data.BASE),
    "labels": _stage("who is at risk and who left, beside SQL by hand", labels, Data.MAIN),
    "new_day": _stage("a day more after 30, 60 and 120 days, and a cut-off more", new_day, Data.MAIN),
    "beside_pandas": _stage("features beside plain pandas, and whether both say the same", beside_pandas, Data.PANDAS),
    "cutoffs": _stage("features and labels at 1, 12 and 52 cut-offs", cutoffs, Data.YEAR),
    "cores": _stage("the same work on one core and on two", cores, Data.BASE, Data.LANDING),
    "growth": _stage("1x, 4x and 16x the events", growth, Data.BASE, Data.MAIN, Data.LARGE),
    "training": _stage("all rungs at 12 cut-offs, beside four bare estimators", training, Data.CROWD),
    "scoring": _stage("rows to scores with reasons, beside probabilities alone", scoring, Data.CROWD),
    "drift": _stage("a report of every feature, beside SciPy's tests", drift, Data.CROWD),
    "daily_update": _stage("one new day through the whole graph, beside its tables alone", daily_update, Data.HOME),
    "serving": _stage("requests over HTTP, beside plain pandas behind the same route", serving, Data.HOME),
}


def gigabytes(size: Size, names: Iterable[str]) -> float:
    """About what the data of those stages take on disk together."""
    return sum(size.gigabytes(data) for data in {data for name in names for data in STAGES[name].needs})
