"""The daily aggregates and features of a lake, made by one engine or the other, in a process to be measured."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measuring import THREADS

if TYPE_CHECKING:
    from churn_assets.lake.engine import Maker, Written
    from churn_assets.lake.lake import Lake
    from churn_assets.lake.recipe import Recipe

FIRST_DAY = date(2025, 1, 1)
DAYS, CUTOFFS, LOOKBACK_DAYS = 120, 4, 90


def tables(root: str, engine: str, memory: str, scratch: str) -> list[str]:
    """Make daily aggregates and features of the events at `root`; gives the hash of each partition."""
    from churn_assets.lake.lake import Lake

    lake, days = Lake(Path(root)), [_day(n) for n in range(DAYS)]
    cutoffs = [_day(DAYS - 7 * n) for n in range(CUTOFFS)]
    written: list[Written] = []
    with _maker(engine, memory, Path(scratch)) as maker:
        for recipe, keys in _recipes(lake, days, cutoffs):
            written += maker.write(recipe, keys, lake)
    return [one.sha256 for one in written]


def _day(number: int) -> str:
    return (FIRST_DAY + timedelta(days=number)).isoformat()


def _recipes(lake: "Lake", days: Sequence[str], cutoffs: Sequence[str]) -> "Iterator[tuple[Recipe, Sequence[str]]]":
    from churn_assets.cutoffs import epoch_ms
    from churn_assets.features.batch import Horizon
    from churn_assets.features.recipes import listener_days_recipe, listener_item_gaps_recipe, user_features_recipe
    from churn_assets.features.tables import LISTENER_DAYS, LISTENER_ITEM_GAPS
    from churn_assets.ingest.recipes import sessions_recipe
    from churn_assets.ingest.tables import EVENTS, SESSIONS

    events = lake.scan(EVENTS)
    yield sessions_recipe(events), days
    yield listener_days_recipe(events), days
    yield listener_item_gaps_recipe(events, days, lookback_days=LOOKBACK_DAYS), days
    scans = {contract.table: lake.scan(contract) for contract in (LISTENER_DAYS, SESSIONS, LISTENER_ITEM_GAPS)}
    yield user_features_recipe(scans, Horizon(LOOKBACK_DAYS, epoch_ms(FIRST_DAY))), cutoffs


@contextmanager
def _maker(engine: str, memory: str, scratch: Path) -> "Iterator[Maker]":
    """An engine; what it started has ended with the block, so that the CPU of all is known."""
    from churn_assets.lake.engine import Engine

    if engine == "duckdb":
        yield Engine(THREADS, f"{memory.upper()}B", scratch)
        return
    from pyspark import SparkContext

    from churn_assets.lake.spark.engine import SparkEngine
    from churn_assets.lake.spark.session import Cluster

    yield SparkEngine(Cluster(f"local[{THREADS}]", memory, scratch))
    context, gateway = SparkContext._active_spark_context, SparkContext._gateway  # noqa: SLF001 — no other way to wait
    assert context is not None
    assert gateway is not None
    context.stop()
    gateway.shutdown()
    gateway.proc.stdin.close()
    gateway.proc.wait()
