"""Where Dagster keeps its history: what `dagster.yaml` names, and the settings decide."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import dagster as dg
from dagster._core.storage.base_storage import DagsterStorage
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClass, ConfigurableClassData

from churn_assets.databases import setting_up
from churn_assets.databases.address import shown
from churn_assets.errors import HistoryError
from churn_assets.settings import Settings

_TOLD: ContextVar[Settings | None] = ContextVar("settings", default=None)


class HistoryStore(DagsterStorage, ConfigurableClass):
    """Dagster's history: in PostgreSQL where the settings name one, else in SQLite files below `base_dir`.

    One `dagster.yaml` so serves both, for `dagster dev`, the daemon, the webserver, the processes of runs and our own
    commands. Whatever Dagster writes into a command line of these processes holds `base_dir` alone: the address, which
    may hold a password, is read from the settings by each.
    """

    @classmethod
    def config_type(cls) -> Any:
        """What `dagster.yaml` says: the folder of the SQLite files."""
        return {"base_dir": dg.StringSource}

    @classmethod
    def from_config_value(  # type: ignore[override]  # it makes one of Dagster's two, never itself
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> "DagsterStorage[Any]":
        """The history of the settings in force; HistoryError if its PostgreSQL does not answer.

        Its schema and tables are made where they are missing.
        """
        url = (_TOLD.get() or Settings()).history_url
        if url is None:
            return DagsterSqliteStorage.from_local(config_value["base_dir"], inst_data)
        return _on_server(url, inst_data)


@contextmanager
def told(settings: Settings) -> Iterator[None]:
    """Let these settings say where the history is, rather than those of the environment, until the block ends."""
    before = _TOLD.set(settings)
    try:
        yield
    finally:
        _TOLD.reset(before)


@contextmanager
def telling_outages(settings: Settings) -> Iterator[None]:
    """What Dagster raises when it loses the database of its history, as HistoryError."""
    try:
        yield
    except lost_connections() as error:
        raise _unreachable(settings.history_url or str(settings.dagster_home), error) from error


def lost_connections() -> tuple[type[Exception], ...]:
    """What is raised where a database does not answer; dagster-postgres is there only where it is installed."""
    from sqlalchemy.exc import InterfaceError, OperationalError

    try:
        from dagster_postgres.utils import DagsterPostgresException
    except ImportError:
        return OperationalError, InterfaceError
    return OperationalError, InterfaceError, DagsterPostgresException


def _on_server(url: str, inst_data: ConfigurableClassData | None) -> "DagsterStorage[Any]":
    try:
        from dagster_postgres import DagsterPostgresStorage
    except ImportError as error:
        message = "Dagster's history on PostgreSQL needs the extra `postgres`: pip install 'churn-assets[postgres]'."
        raise HistoryError(message) from error
    try:
        with setting_up.alone(url):
            return DagsterPostgresStorage(url, inst_data=inst_data)
    except lost_connections() as error:
        raise _unreachable(url, error) from error


def reason(error: BaseException) -> str:
    """The first line of what the driver said."""
    while error.__cause__ is not None:
        error = error.__cause__
    return str(error).strip().partition("\n")[0]


def _unreachable(url: str, error: BaseException) -> HistoryError:
    return HistoryError(
        f"Dagster's history at {shown(url)} does not answer ({reason(error)}): check CHURN_DAGSTER_URL or "
        "CHURN_DATABASE_URL and that the server runs. What was finished stays; the same command goes on from there."
    )
