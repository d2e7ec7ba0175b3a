"""The platform's own steps as processes to be measured: the recipes of the assets on the platform's engine.

Each does what the asset of its name does, without Dagster around it, whose start-up is the same for any amount of data.
"""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measuring import THREADS
from benchmarks.sizes import LABEL_DAYS

if TYPE_CHECKING:
    from churn_assets.contracts.contract import Contract
    from churn_assets.lake.engine import Engine
    from churn_assets.lake.lake import Lake, Scan
    from churn_assets.lake.recipe import Recipe

MEMORY_LIMIT = "2GB"
AT_RISK_DAYS = 30
QUERIES = "queries"
"""Folder of compiled queries, beside the lakes of a scratch folder."""


def engine_of(lake: "Lake") -> "Engine":
    """The engine as the settings' defaults have it."""
    from churn_assets.lake.engine import Engine

    return Engine(THREADS, MEMORY_LIMIT, lake.root / ".spill", lake.root.parent / QUERIES)


def ingest(landing: str, lake: str, days: Sequence[str]) -> int:
    """Log files to `raw_logs`, `quarantined_lines` and `events` of `days`; gives the number of events."""
    from churn_assets.ingest.recipes import events_recipe
    from churn_assets.ingest.tables import RAW_LOGS
    from churn_assets.lake.lake import Lake

    to = Lake(Path(lake))
    _decode(landing, to, days)
    return _written(events_recipe(to.scan(RAW_LOGS, days)), to, days)


def _decode(landing: str, lake: "Lake", days: Sequence[str]) -> None:
    from churn_assets.ingest.arrivals import arrivals, remember
    from churn_assets.ingest.decode import decode
    from churn_assets.ingest.spool import Spool
    from churn_assets.ingest.tables import QUARANTINED_LINES, RAW_LOGS

    wanted = [date.fromisoformat(day) for day in days]
    found = arrivals(landing, lake, wanted[0], wanted[-1])
    with tempfile.TemporaryDirectory(dir=lake.staging()) as folder, Spool(Path(folder), wanted) as spool:
        entries = []
        for decoded in decode(found.needed(wanted), first_day=wanted[0], last_day=wanted[-1], days=wanted):
            spool.append(decoded)
            entries += [decoded.entry] if decoded.entry else []
        spooled = spool.finish()
        _adopt(lake, RAW_LOGS, spooled.raw_logs)
        _adopt(lake, QUARANTINED_LINES, spooled.quarantined_lines)
    remember(found.with_entries(entries), lake)


def _adopt(lake: "Lake", contract: "Contract", files: Mapping[date, Path]) -> None:
    from churn_assets.lake.engine import describe

    for day, path in files.items():
        describe(day.isoformat(), path)
        lake.adopt(contract, day.isoformat(), path)


def sessions(lake: str, days: Sequence[str]) -> int:
    """The sessions of `days`; gives the rows written."""
    from churn_assets.ingest.recipes import sessions_recipe

    return _from_events(sessions_recipe, lake, days)


def listener_days(lake: str, days: Sequence[str]) -> int:
    """The listener-days of `days`; gives the rows written."""
    from churn_assets.features.recipes import listener_days_recipe

    return _from_events(listener_days_recipe, lake, days)


def _from_events(recipe: "Callable[[Scan], Recipe]", lake: str, days: Sequence[str]) -> int:
    from churn_assets.ingest.tables import EVENTS
    from churn_assets.lake.lake import Lake

    there = Lake(Path(lake))
    return _written(recipe(there.scan(EVENTS, days)), there, days)


def _written(recipe: "Recipe", lake: "Lake", keys: Sequence[str]) -> int:
    return sum(written.rows for written in engine_of(lake).write(recipe, keys, lake))


def listener_item_gaps(
    lake: str, days: Sequence[str], *, lookback_days: int = 90, history: str | None = None, history_days: int = 0
) -> int:
    """The item gaps of `days`; gives the rows written.

    The lookback before them is in the lake too, or, with `history`, the last `history_days` days of that lake are.
    """
    from churn_assets.features.recipes import listener_item_gaps_recipe
    from churn_assets.ingest.tables import EVENTS
    from churn_assets.lake.lake import Lake

    there = Lake(Path(lake))
    span = (_before(days[0], min(history_days, lookback_days) if history else lookback_days), days[-1])
    seen = _seen(there, EVENTS, span, history)
    return _written(listener_item_gaps_recipe(seen, days, lookback_days=lookback_days), there, days)


def _seen(lake: "Lake", contract: "Contract", span: tuple[str, str], history: str | None) -> "Scan":
    """The days of `span` of a table; with `history`, those that the lake does not have are that lake's."""
    from churn_assets.lake.lake import Lake, Scan

    own = lake.scan(contract).between(*span)
    if history is None:
        return own
    earlier = Lake(Path(history)).scan(contract).between(span[0], _before(own.keys[0], 1))
    return Scan(contract, (*earlier.places, *own.places))


def user_features(
    lake: str, cutoffs: Sequence[str], first_day: str, lookback_days: int, *, history: str | None = None
) -> int:
    """Every feature at the cut-offs, from the daily aggregates; gives the rows written.

    The days before the lake's own are those of the lake `history`, if one is given.
    """
    from churn_assets.cutoffs import epoch_ms
    from churn_assets.features.batch import Horizon
    from churn_assets.features.recipes import user_features_recipe
    from churn_assets.features.tables import LISTENER_DAYS, LISTENER_ITEM_GAPS
    from churn_assets.ingest.tables import SESSIONS
    from churn_assets.lake.lake import Lake

    there = Lake(Path(lake))
    span = (_before(min(cutoffs), lookback_days), _before(max(cutoffs), 1))
    scans = {c.table: _seen(there, c, span, history) for c in (LISTENER_DAYS, SESSIONS, LISTENER_ITEM_GAPS)}
    recipe = user_features_recipe(scans, Horizon(lookback_days, epoch_ms(date.fromisoformat(first_day))))
    return _written(recipe, there, cutoffs)


def labels(lake: str, cutoffs: Sequence[str], lookback_days: int) -> int:
    """Population and labels of mature cut-offs, from the listener-days; gives the rows of both."""
    from churn_assets.features.tables import LISTENER_DAYS
    from churn_assets.labels.recipes import churn_labels_recipe, population_recipe
    from churn_assets.labels.tables import POPULATION
    from churn_assets.lake.lake import Lake

    there = Lake(Path(lake))
    days = there.scan(LISTENER_DAYS)
    before = days.between(_before(min(cutoffs), lookback_days), _before(max(cutoffs), 1))
    after = days.between(min(cutoffs), _before(max(cutoffs), 1 - LABEL_DAYS))
    who = population_recipe(before, lookback_days=lookback_days, at_risk_days=AT_RISK_DAYS)
    rows = _written(who, there, cutoffs)
    left = churn_labels_recipe(there.scan(POPULATION, cutoffs), after, horizon_days=LABEL_DAYS)
    return rows + _written(left, there, cutoffs)


def compiling(queries: str, first_day: str, lookback_days: int) -> int:
    """What a new version of the code costs once: the queries from events to labels; gives their characters."""
    from churn_assets.cutoffs import epoch_ms
    from churn_assets.features import recipes
    from churn_assets.features.batch import Horizon
    from churn_assets.features.tables import LISTENER_DAYS, LISTENER_ITEM_GAPS
    from churn_assets.ingest.recipes import events_recipe, sessions_recipe
    from churn_assets.ingest.tables import EVENTS, RAW_LOGS, SESSIONS
    from churn_assets.labels.recipes import churn_labels_recipe, population_recipe
    from churn_assets.labels.tables import POPULATION
    from churn_assets.lake.engine import Engine
    from churn_assets.lake.lake import Scan

    events = Scan(EVENTS, ())
    daily = {contract.table: Scan(contract, ()) for contract in (LISTENER_DAYS, SESSIONS, LISTENER_ITEM_GAPS)}
    horizon = Horizon(lookback_days, epoch_ms(date.fromisoformat(first_day)))
    few, many = [first_day], [_before(first_day, -n) for n in range(2 * recipes.FEW_DAYS)]
    listener_days = daily[LISTENER_DAYS.table]
    made = (
        events_recipe(Scan(RAW_LOGS, ())),
        sessions_recipe(events),
        recipes.listener_days_recipe(events),
        *(recipes.listener_item_gaps_recipe(events, days, lookback_days=lookback_days) for days in (few, many)),
        recipes.user_features_recipe(daily, horizon),
        population_recipe(listener_days, lookback_days=lookback_days, at_risk_days=AT_RISK_DAYS),
        churn_labels_recipe(Scan(POPULATION, ()), listener_days, horizon_days=LABEL_DAYS),
    )
    engine = Engine(THREADS, MEMORY_LIMIT, Path(queries), Path(queries))
    return sum(len(engine.query(recipe)) for recipe in made)


def starting() -> int:
    """What each process of ours takes before it reads a byte: its imports; gives how many modules they are."""
    import sys

    import duckdb
    import pyarrow.parquet

    from churn_assets.features import recipes

    with duckdb.connect():
        assert pyarrow.parquet
        assert recipes
        return len(sys.modules)


def _before(key: str, days: int) -> str:
    return (date.fromisoformat(key) - timedelta(days=days)).isoformat()
