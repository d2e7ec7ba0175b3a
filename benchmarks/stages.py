"""The stages of the benchmark: what each measures, which data it needs, and what bounds it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from benchmarks import (
    beside_pandas,
    cores,
    cutoffs,
    features,
    growth,
    ingest,
    labels,
    new_day,
    serving,
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


STAGES: Mapping[str, Stage] = {
    "ingest": Stage(
        "JSON lines to clean events, beside DuckDB's read_json", ingest.ingest, frozenset({Data.LANDING}), ingest.BOUND
    ),
    "features": Stage(
        "events to daily aggregates to features, beside a bare scan",
        features.features,
        frozenset({Data.MAIN}),
        features.BOUND,
    ),
    "labels": Stage("who left, beside SQL by hand", labels.labels, frozenset({Data.MAIN}), labels.BOUND),
    "new_day": Stage(
        "a day more after 30, 60 and 120 days, and a cut-off", new_day.new_day, frozenset({Data.MAIN}), new_day.BOUND
    ),
    "beside_pandas": Stage(
        "features beside plain pandas", beside_pandas.beside_pandas, frozenset({Data.PANDAS}), beside_pandas.BOUND
    ),
    "cutoffs": Stage(
        "features and labels at 1, 12 and 52 cut-offs", cutoffs.cutoffs, frozenset({Data.YEAR}), cutoffs.BOUND
    ),
    "cores": Stage("one core and two", cores.cores, frozenset({Data.BASE, Data.LANDING}), cores.BOUND),
    "growth": Stage(
        "1x, 4x and 16x the events", growth.growth, frozenset({Data.BASE, Data.MAIN, Data.LARGE}), growth.BOUND
    ),
    "serving": Stage("requests over HTTP, beside plain pandas", serving.serving, frozenset({Data.HOME}), serving.BOUND),
}


def gigabytes(size: Size, names: Iterable[str]) -> float:
    """About what the data of those stages take on disk together."""
    return sum(size.gigabytes(data) for data in {data for name in names for data in STAGES[name].needs})
