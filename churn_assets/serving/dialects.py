"""How SQLite and PostgreSQL are connected to, so that what is committed stays and nobody waits for ever."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL

from churn_assets.cutoffs import SECOND

CONNECTIONS = 8
LOG_PAGES = 16_384
"""Length of SQLite's log (64 MB) from which a commit carries it over itself; before, `Checkpoints` does."""
SESSION = """
SELECT set_config('lock_timeout', %(lock)s, false),
       CASE WHEN current_setting('synchronous_commit') = 'off' THEN set_config('synchronous_commit', 'on', false) END
"""
"""What a PostgreSQL session is told first."""
BEGIN = "churn_begin"
"""Execution option of a connection: what tells SQLite to begin a transaction."""
WRITER_SESSION = "SELECT set_config('idle_in_transaction_session_timeout', :idle, true)"
"""What a PostgreSQL transaction that writes is told: who dies without a word while it holds the writers' lock is given
up after a while. Who reads may take its time between two pages."""
NOTHING, DEFERRED, IMMEDIATE = "", "BEGIN DEFERRED", "BEGIN IMMEDIATE"
OF_READERS: Mapping[str, Mapping[str, Any]] = {"postgresql": {"isolation_level": "REPEATABLE READ"}, "sqlite": {}}
OF_WRITERS: Mapping[str, Mapping[str, Any]] = {"postgresql": {}, "sqlite": {BEGIN: IMMEDIATE}}
"""Execution options by database."""
COMPACT: Mapping[str, tuple[str, ...]] = {
    "postgresql": ("VACUUM (FULL) churn_predictions", "VACUUM (FULL) churn_requests"),
    "sqlite": ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"),
}
"""What writes the tables anew without remains of deleted rows, by database; the checkpoint says 1 if it could not."""


def engine_of(url: URL, patience_s: float) -> Engine:
    """An engine for a database, which connects when it is used and waits `patience_s` seconds for what is busy."""
    return _sqlite(url, patience_s) if url.get_backend_name() == "sqlite" else _postgresql(url, patience_s)


@contextmanager
def passing_database() -> Iterator[Connection]:
    """An empty database in memory that is gone when the block ends."""
    engine = create_engine("sqlite://")
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _sqlite(url: URL, patience_s: float) -> Engine:
    engine = create_engine(
        url,
        pool_size=CONNECTIONS,
        pool_timeout=patience_s,
        connect_args={"timeout": patience_s, "isolation_level": None, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        for pragma in ("synchronous = FULL", "foreign_keys = ON", f"wal_autocheckpoint = {LOG_PAGES}"):
            connection.execute(f"PRAGMA {pragma}").close()

    # The driver's own notion of transactions is off (isolation_level above): it would begin them too late.
    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        if statement := connection.get_execution_options().get(BEGIN, DEFERRED):
            connection.exec_driver_sql(statement)

    return engine


def _postgresql(url: URL, patience_s: float) -> Engine:
    engine = create_engine(
        url,
        pool_size=CONNECTIONS,
        pool_timeout=patience_s,
        pool_pre_ping=True,
        connect_args={"connect_timeout": max(2, int(patience_s))},
    )
    milliseconds = int(patience_s * SECOND)

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        # Acknowledged means durable: a server that commits before it has written is told not to for us.
        connection.execute(SESSION, {"lock": str(milliseconds)})
        connection.commit()

    return engine
