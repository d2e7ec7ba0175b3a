"""What is made in a PostgreSQL at first use: one at a time, from whatever machine, in a schema that is there."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from churn_assets.databases.address import is_postgresql

if TYPE_CHECKING:
    from sqlalchemy import Connection

LOCK = 0x6D616B65
"""Key of the advisory lock that whoever sets something up holds: "make" in ASCII."""
LOCK_TIMEOUT = "120s"
PATIENCE_S = 10.0
PAUSE_S = 0.25


@contextmanager
def alone(url: str) -> Iterator[None]:
    """Be the only one who sets something up in the database of `url` until the block ends; its schema is there then.

    A server that does not answer is waited for, about PATIENCE_S seconds. Raises what SQLAlchemy raises if it cannot
    be reached, or if whoever set it up before is not done within two minutes. Another database than PostgreSQL has
    nothing to wait for.
    """
    if not is_postgresql(url):
        yield
        return
    with _connected(url) as connection:
        connection.exec_driver_sql(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
        connection.exec_driver_sql(f"SELECT pg_advisory_lock({LOCK})")
        make_schema(connection)
        connection.commit()
        yield


def make_schema(connection: "Connection") -> None:
    """Make the schema that tables of this connection would go to, if it is not there; only then is the right needed."""
    if connection.exec_driver_sql("SELECT current_schema()").scalar() is None:
        path = str(connection.exec_driver_sql("SHOW search_path").scalar())
        names = [name.strip(' "').replace('"', "") for name in path.split(",")]
        wanted = next((name for name in names if name not in ("", "$user")), "public")
        connection.exec_driver_sql(f'CREATE SCHEMA IF NOT EXISTS "{wanted}"')


@contextmanager
def _connected(url: str) -> "Iterator[Connection]":
    import sqlalchemy as sa

    engine, deadline = sa.create_engine(url, poolclass=sa.NullPool), time.monotonic() + PATIENCE_S
    while True:
        try:
            connection = engine.connect()
            break
        except sa.exc.OperationalError:
            if time.monotonic() + PAUSE_S > deadline:
                raise
        time.sleep(PAUSE_S)
    with connection:
        yield connection
