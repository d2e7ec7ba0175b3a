"""The writer's statements, worked out once a database: from an expression to SQL costs more than what it asks for.

They still go through SQLAlchemy's connection, whose transactions and errors they share.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ClauseElement, Column, Connection, Dialect, Table, bindparam, insert, select
from sqlalchemy.sql.compiler import SQLCompiler

KEPT = 1024
"""Statements that are remembered: one a table and database, and one for each number of requests in a transaction."""


@dataclass(frozen=True)
class Statement:
    """SQL in a driver's own words; `places` are the names of parameters in order, where the driver goes by order."""

    sql: str
    places: tuple[str, ...] | None

    def parameters(self, values: Mapping[str, Any]) -> Any:
        """Values by name as the driver takes them."""
        return dict(values) if self.places is None else tuple([values[name] for name in self.places])


def insert_into(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, all of which have the same columns; raises what SQLAlchemy raises for a statement."""
    if rows:
        statement = _insert(table, tuple(rows[0]), connection.dialect)
        connection.exec_driver_sql(statement.sql, [statement.parameters(row) for row in rows])


def found_among(connection: Connection, column: Column[str], values: Sequence[str]) -> list[str]:
    """Which of the values a column has."""
    statement = _select_among(column, len(values), connection.dialect)
    given = {f"value_{n}": value for n, value in enumerate(values)}
    return [str(found) for (found,) in connection.exec_driver_sql(statement.sql, statement.parameters(given))]


@lru_cache(maxsize=KEPT)
def _insert(table: Table, names: tuple[str, ...], dialect: Dialect) -> Statement:
    return _compiled(insert(table), dialect, names)


@lru_cache(maxsize=KEPT)
def _select_among(column: Column[str], count: int, dialect: Dialect) -> Statement:
    values: list[Any] = [bindparam(f"value_{n}") for n in range(count)]
    return _compiled(select(column).where(column.in_(values)), dialect)


def _compiled(clause: ClauseElement, dialect: Dialect, names: tuple[str, ...] | None = None) -> Statement:
    compiled = clause.compile(dialect=dialect, column_keys=names)
    assert isinstance(compiled, SQLCompiler)
    return Statement(compiled.string, tuple(compiled.positiontup) if compiled.positiontup else None)
