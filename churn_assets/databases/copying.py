"""Tables carried over from SQLite files to the PostgreSQL that takes their place, numbers and all."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Table

from churn_assets.databases.address import shown
from churn_assets.errors import StoreError

AT_ONCE = 500
"""Rows of one statement: predictions carry the raw events of a listener."""
LAYOUT = ("alembic_version", "secondary_indexes")
"""Tables that tell how tables are laid out, which is the same or nothing is copied; each database has its own."""

Row = Mapping[str, Any]


@contextmanager
def reading(file: Path) -> Iterator[Connection]:
    """A connection to a SQLite file; its transaction sees one state of it."""
    engine = sa.create_engine(f"sqlite:///{file}", poolclass=sa.NullPool)
    with engine.connect() as connection:
        yield connection


@contextmanager
def replacing(url: str) -> Iterator[Connection]:
    """A transaction in the database of `url`, committed when the block ends well; nothing of it stays if not."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        yield connection


def tables_of(connection: Connection, leave: Collection[str] = LAYOUT) -> list[Table]:
    """The tables of a database's own schema but for those to `leave`, each after those that it refers to."""
    known = sa.MetaData()
    known.reflect(connection)
    return [table for table in known.sorted_tables if table.name not in leave]


def copy_all(source: Connection, target: Connection) -> int:
    """Replace the rows of every table by those of the source, in the caller's transaction; gives how many there are.

    StoreError if the source has other tables or columns: another release wrote it.
    """
    tables = tables_of(target)
    _require_same(source, tables)
    for table in reversed(tables):
        target.execute(sa.delete(table))
    copied = sum(insert(target, table, rows_of(source, table)) for table in tables)
    go_on_counting(source, target, tables)
    return copied


def rows_of(source: Connection, table: Table) -> Iterator[Row]:
    """The rows of a table, as the columns of the target understand them."""
    for row in source.execute(sa.select(table)).mappings():
        yield dict(row)


def insert(target: Connection, table: Table, rows: Iterator[Row]) -> int:
    """Insert rows, many at once; how many there were."""
    count, chunk = 0, list[dict[str, Any]]()
    for row in rows:
        chunk.append(dict(row))
        if len(chunk) == AT_ONCE:
            count += _insert(target, table, chunk)
            chunk = []
    return count + _insert(target, table, chunk)


def _insert(target: Connection, table: Table, rows: Sequence[Row]) -> int:
    if rows:
        target.execute(sa.insert(table), list(rows))
    return len(rows)


def go_on_counting(source: Connection, target: Connection, tables: Sequence[Table]) -> None:
    """Let tables that number their rows go on after the highest number ever given, also to a row that is gone."""
    given = _given(source)
    for table in tables:
        for column in table.primary_key:
            named = sa.func.pg_get_serial_sequence(f'"{table.name}"', column.name)
            sequence = target.execute(sa.select(named)).scalar()
            if sequence is not None:
                newest = target.execute(sa.select(sa.func.max(column))).scalar() or 0
                after = max(newest, given.get(table.name, 0)) + 1
                target.execute(sa.select(sa.func.setval(sequence, after, False)))


def _given(source: Connection) -> Mapping[str, int]:
    """The highest number that SQLite has given in each table that never gives one twice."""
    if not source.exec_driver_sql("SELECT count(*) FROM sqlite_master WHERE name = 'sqlite_sequence'").scalar():
        return {}
    rows = source.exec_driver_sql("SELECT name, seq FROM sqlite_sequence")
    return {str(name): int(number) for name, number in rows}


def _require_same(source: Connection, tables: Sequence[Table]) -> None:
    there = sa.inspect(source)
    known = set(there.get_table_names())
    for table in tables:
        names = {column["name"] for column in there.get_columns(table.name)} if table.name in known else set()
        if names != set(table.columns.keys()):
            message = (
                f"{shown(str(source.engine.url))} was written by another release: its table {table.name} is not as it "
                "is made today. Run this release on it once, so that it is upgraded, then copy it."
            )
            raise StoreError(message)
