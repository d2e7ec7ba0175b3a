"""A table's contract: light data from which Pandera schemas, Arrow schemas, UI columns and docs are derived."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property


class Type(StrEnum):
    """Type of a column; timestamps are naive UTC milliseconds, dates are UTC days."""

    TEXT = "string"
    INTEGER = "int64"
    NUMBER = "float64"
    BOOLEAN = "bool"
    TIMESTAMP = "timestamp[ms]"
    DATE = "date"
    TEXTS = "list<string>"
    BYTES = "binary"


@dataclass(frozen=True)
class Column:
    """One column: what it means and which values it may hold."""

    name: str
    type: Type
    description: str
    nullable: bool = False
    at_least: float | None = None
    at_most: float | None = None
    values: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Contract:
    """One table: what a row is, its columns, the key that is unique, and the order rows are stored in.

    `partition` names the column that the table is split by (`day` or `cutoff`), or is None. That
    column lives in the folder names (hive style), not in the files.
    """

    table: str
    row: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    partition: str | None = None

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Column names, the partition column included, in order."""
        return tuple(column.name for column in self.columns)

    @cached_property
    def stored(self) -> tuple[Column, ...]:
        """The columns that a file of the table holds: all but the partition column."""
        return tuple(column for column in self.columns if column.name != self.partition)

    def column(self, name: str) -> Column:
        """The column called `name`; KeyError if the table has none."""
        return {column.name: column for column in self.columns}[name]


def text(name: str, description: str, *, nullable: bool = False, values: Iterable[str] | None = None) -> Column:
    """A column of text, of `values` only if they are given."""
    return Column(name, Type.TEXT, description, nullable, values=None if values is None else tuple(values))


def integer(
    name: str, description: str, *, nullable: bool = False, at_least: float | None = 0, at_most: float | None = None
) -> Column:
    """A column of whole numbers, from 0 on unless told otherwise."""
    return Column(name, Type.INTEGER, description, nullable, at_least, at_most)


def number(
    name: str, description: str, *, nullable: bool = False, at_least: float | None = None, at_most: float | None = None
) -> Column:
    """A column of finite floating-point numbers."""
    return Column(name, Type.NUMBER, description, nullable, at_least, at_most)


def flag(name: str, description: str, *, nullable: bool = False) -> Column:
    """A column of truth values."""
    return Column(name, Type.BOOLEAN, description, nullable)


def timestamp(name: str, description: str, *, nullable: bool = False) -> Column:
    """A column of UTC times, stored as naive milliseconds."""
    return Column(name, Type.TIMESTAMP, description, nullable)


def day(name: str, description: str) -> Column:
    """A column of UTC calendar days."""
    return Column(name, Type.DATE, description)
