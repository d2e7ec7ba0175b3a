"""A small lake made the real way: recipes, engine, Parquet partitions, from raw lines to labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from churn_assets.contracts.arrow import arrow_schema
from churn_assets.contracts.contract import Contract
from churn_assets.cutoffs import EPOCH, epoch_day
from churn_assets.features.batch import ages, user_features
from churn_assets.features.daily import listener_days
from churn_assets.features.item_gaps import listener_item_gaps
from churn_assets.features.tables import LISTENER_DAYS, LISTENER_ITEM_GAPS, USER_FEATURES
from churn_assets.ingest.events import events
from churn_assets.ingest.sessions import sessions
from churn_assets.ingest.tables import EVENTS, RAW_LOGS, SESSIONS
from churn_assets.labels.labels import churn_labels, label_windows, population
from churn_assets.labels.tables import CHURN_LABELS, POPULATION
from churn_assets.lake.engine import Engine, Written
from churn_assets.lake.lake import Lake
from churn_assets.lake.recipe import Recipe
from churn_assets_tests.features.memory_batch import ASKED, AT_RISK_DAYS, HORIZON, HORIZON_DAYS
from churn_assets_tests.logs import FIRST, Event, Log, at

LOOKBACK = HORIZON.lookback_days
CUTOFF = FIRST + 35
LOG = [
    Event(user, at(day, ms), page, 1 + day % 3, n, level, artist=f"x{day % 4}", song=f"s{day % 5}", length=100.25)
    for user, days, level in (("a", (0, 6, 20, 33, 34, 35, 50), "free"), ("b", (0, 6, 7, 30), "paid"))
    for day in days
    for n, (ms, page) in enumerate(((0, "NextSong"), (60_000, "NextSong"), (60_000, "Thumbs Up")))
]


def key(day: int) -> str:
    """An epoch day as a partition key."""
    return str(EPOCH + timedelta(days=day))


def number(partition: str) -> int:
    """A partition key as an epoch day."""
    return epoch_day(date.fromisoformat(partition))


def raw_rows(log: Log, file: str = "a.json") -> list[dict[str, object]]:
    """The log as lines of a landing file."""
    names = [name for name in RAW_LOGS.names if name not in ("day", "file", "line")]
    return [
        {"file": file, "line": n + 1} | {name: getattr(event, name, None) for name in names}
        for n, event in enumerate(log)
    ]


def land(lake: Lake, day: int, rows: Sequence[Mapping[str, object]]) -> None:
    """Put raw lines of a day into the lake."""
    with lake.replacing(RAW_LOGS, key(day)) as path:
        pq.write_table(pa.Table.from_pylist(list(rows), schema=arrow_schema(RAW_LOGS)), path)


def lookups(*_: object) -> dict[str, pa.Table]:
    """Lookup tables in which nothing is known but one agent and one place."""
    agent = {"user_agent": '"Mozilla"', "device": "Mobile", "os": "iOS", "browser": "Safari"}
    place = {"location": "Louisville, KY-IN", "city": "Louisville", "region": "KY-IN", "country": "United States"}
    return {"agents": pa.Table.from_pylist([agent]), "places": pa.Table.from_pylist([place])}


def daily_recipes(lake: Lake) -> list[Recipe]:
    """Raw lines to daily tables, in order."""

    def of(contract: Contract, source: Contract, make: object) -> Recipe:
        return Recipe(
            contract,
            lambda tables: make(tables[source.table]),  # type: ignore[operator]
            lambda keys: {source.table: lake.find(source, keys)},
            lookups if contract is EVENTS else lambda _keys, _distinct: {},
        )

    return [
        of(EVENTS, RAW_LOGS, events),
        of(SESSIONS, EVENTS, sessions),
        of(LISTENER_DAYS, EVENTS, listener_days),
        gaps_recipe(lake),
    ]


def gaps_recipe(lake: Lake) -> Recipe:
    """Events of the asked days and of the lookback before them, in one pass."""
    return Recipe(
        LISTENER_ITEM_GAPS,
        lambda tables: listener_item_gaps(tables["events"], tables[ASKED], lookback_days=LOOKBACK),
        lambda keys: {EVENTS.table: lake.find(EVENTS, seen(keys, LOOKBACK, 0)), ASKED: lake.find(EVENTS, keys)},
        each=False,
    )


def seen(keys: Sequence[str], before: int, after: int) -> list[str]:
    """The keys of all days from `before` days before to `after` days after any of `keys`."""
    return sorted({key(number(k) + n) for k in keys for n in range(-before, after + 1)})


def cutoff_recipes(lake: Lake) -> list[Recipe]:
    """Daily tables to features, population and labels."""
    daily = (LISTENER_DAYS, SESSIONS, LISTENER_ITEM_GAPS)

    def lookback(keys: Sequence[str]) -> Mapping[str, pa.Table]:
        return {"ages": ages([number(k) for k in keys], LOOKBACK)}

    return [
        Recipe(
            USER_FEATURES,
            lambda tables: user_features(tables, HORIZON),
            lambda keys: {c.table: lake.find(c, seen(keys, LOOKBACK, -1)) for c in daily},
            lambda keys, _: lookback(keys),
            each=False,
        ),
        Recipe(
            POPULATION,
            lambda tables: population(tables[LISTENER_DAYS.table], at_risk_days=AT_RISK_DAYS),
            lambda keys: {LISTENER_DAYS.table: lake.find(LISTENER_DAYS, seen(keys, LOOKBACK, -1))},
            lambda keys, _: lookback(keys),
        ),
        labels_recipe(lake),
    ]


def labels_recipe(lake: Lake) -> Recipe:
    """Population and the days of the label window to labels."""
    return Recipe(
        CHURN_LABELS,
        lambda tables: churn_labels(tables[POPULATION.table], tables[LISTENER_DAYS.table]),
        lambda keys: {
            POPULATION.table: lake.find(POPULATION, keys),
            LISTENER_DAYS.table: lake.find(LISTENER_DAYS, seen(keys, 0, HORIZON_DAYS - 1)),
        },
        lambda keys, _: {"label_windows": label_windows([number(k) for k in keys], HORIZON_DAYS)},
    )


@dataclass(frozen=True)
class BuiltLake:
    """A lake with every table in it, and what was written, by table and key."""

    lake: Lake
    written: Mapping[tuple[str, str], Written]


def build(folder: Path, log: Log = LOG, cutoffs: Sequence[int] = (CUTOFF, CUTOFF + 7)) -> BuiltLake:
    """Land a log below `folder / "lake"` and make every table."""
    lake, engine = Lake(folder / "lake"), Engine(1, "500MB", folder / "spill")
    days = sorted({event.day for event in log})
    for day in days:
        land(lake, day, raw_rows([event for event in log if event.day == day]))
    written = {}
    for recipes, keys in ((daily_recipes(lake), days), (cutoff_recipes(lake), cutoffs)):
        for recipe in recipes:
            for done in engine.write(recipe, [key(k) for k in keys], lake):
                written[recipe.contract.table, done.key] = done
    return BuiltLake(lake, written)
