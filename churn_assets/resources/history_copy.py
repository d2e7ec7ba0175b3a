"""Dagster's history carried over from SQLite files to PostgreSQL: runs, events with their numbers, sensors."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
import sqlalchemy as sa
from dagster._core.events import ASSET_CHECK_EVENTS, ASSET_EVENTS, EVENT_TYPE_TO_PIPELINE_RUN_STATUS

from churn_assets.databases.copying import go_on_counting, insert, reading, replacing, rows_of, tables_of
from churn_assets.errors import HistoryError
from churn_assets.resources.instance import open_instance
from churn_assets.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

EVENTS = "event_logs"
OF_INDEX = sorted(str(kind.value) for kind in {*ASSET_EVENTS, *ASSET_CHECK_EVENTS, *EVENT_TYPE_TO_PIPELINE_RUN_STATUS})
"""Events that Dagster's index of all runs holds too, under the numbers that staleness and sensors go by."""


def copy_history(storage: Path, settings: Settings) -> int:
    """Copy the SQLite history in a folder into the PostgreSQL of the settings; how many rows there are.

    Numbers of materialisations stay what they are: what is up to date remains so, and past scores are not made again.
    The other events of a run are numbered after all of them, so that its log lists them last. HistoryError if there is
    none, or if the PostgreSQL knows of runs already.
    """
    url, index = settings.history_url, storage / "history" / "runs" / "index.db"
    if url is None or not index.exists():
        raise HistoryError(f"There is no history of Dagster's to copy from {storage} to CHURN_DATABASE_URL.")
    with open_instance(settings) as instance:  # makes the tables
        _require_empty(instance)
    with replacing(url) as target:
        tables = {table.name: table for table in tables_of(target)}
        copied = sum(_copy_file(file, target, tables) for file in _files(storage))
        runs = sorted(index.parent.glob("*.db"))
        copied += sum(_copy_run(file, target, tables[EVENTS]) for file in runs if file != index)
    return copied


def _require_empty(instance: dg.DagsterInstance) -> None:
    if instance.get_runs_count() or instance.all_asset_keys():
        raise HistoryError(
            "The PostgreSQL of CHURN_DATABASE_URL (or CHURN_DAGSTER_URL) has a history of its own already: nothing was "
            "copied. Copy before the first run, or name an empty one."
        )


def _files(storage: Path) -> Iterator[Path]:
    """The databases whose tables have one like it in the PostgreSQL."""
    yield storage / "history" / "runs.db"
    yield storage / "history" / "runs" / "index.db"
    yield storage / "schedules" / "schedules.db"


def _copy_file(file: Path, target: "Connection", tables: "dict[str, Table]") -> int:
    with reading(file) as source:
        mine = [tables[table.name] for table in tables_of(source) if table.name in tables]
        for table in reversed(mine):
            target.execute(sa.delete(table))
        copied = sum(insert(target, table, rows_of(source, table)) for table in mine)
        go_on_counting(source, target, mine)
    return copied


def _copy_run(file: Path, target: "Connection", events: "Table") -> int:
    """Copy what a run's own database has and the index has not, in its order, under new numbers."""
    kind = events.c.dagster_event_type
    others = sa.or_(kind.is_(None), kind.not_in(OF_INDEX))
    with reading(file) as source:
        numbered = sa.select(events).where(others).order_by(events.c.id)
        rows = ({name: row[name] for name in row if name != "id"} for row in source.execute(numbered).mappings())
        return insert(target, events, rows)
