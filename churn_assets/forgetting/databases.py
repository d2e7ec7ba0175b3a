"""Databases of others, Dagster's history and MLflow's store: texts in any column of any table."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from churn_assets.databases.address import shown
from churn_assets.errors import ForgettingError
from churn_assets.forgetting.journal import Journal
from churn_assets.forgetting.listener import Listener
from churn_assets.forgetting.texts import Cleaner

if TYPE_CHECKING:
    from sqlalchemy import Connection

VERSION = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
"""A SHA-256, as versions of content are called."""
PATIENCE_S = 30


@dataclass(frozen=True)
class DatabasePlace:
    """Databases by their SQLAlchemy URLs, whatever is in them.

    Those that are told of versions of content (`tells_versions`) learn how they are called now.
    """

    name: str
    urls: Sequence[str]
    listener: Listener
    tells_versions: bool = False

    def held(self) -> int:
        """Entries, rows of tables and words in their texts that tell of the listener."""
        return sum(self._count(url) for url in self.urls)

    def _count(self, url: str) -> int:
        cleaner = Cleaner(self.listener)
        with _engine(url).connect() as connection:
            for row in _texts(connection):
                cleaner.text(row.text)
        return cleaner.removed

    def remove(self, journal: Journal) -> None:
        """Clean their texts, and call versions of content as they are called now."""
        renamed = journal.renamed if self.tells_versions else {}
        for url in self.urls:
            if rows := self._count(url):
                journal.removing(self.name, shown(url), rows)
            with _engine(url).connect() as connection:
                _rewrite(connection, Cleaner(self.listener), renamed)
            if shown(url) in journal.units(self.name):
                compact(url)


@dataclass(frozen=True)
class Text:
    """A text in a database: the table and column, what picks its row, and what it says."""

    table: sa.Table
    column: str
    this: sa.ColumnElement[bool]
    text: str


def files_of(folder: Path) -> list[Path]:
    """The SQLite files below a folder."""
    return sorted(path for path in folder.rglob("*.db") if path.is_file())


def compact(url: str) -> None:
    """Write a database anew, so that nothing of what was replaced is left in its files.

    Of a PostgreSQL only the tables of our schema: others' are not ours to lock.
    """
    with _engine(url).connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in _compacting(connection):
            busy = connection.exec_driver_sql(statement)
            if busy.returns_rows and busy.scalar():
                message = f"The database {shown(url)} is being read by another program: end that, and run this again."
                raise ForgettingError(message)


def _compacting(connection: "Connection") -> list[str]:
    if connection.dialect.name == "sqlite":
        return ["VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"]
    quoted = connection.dialect.identifier_preparer.quote
    return [f"VACUUM (FULL) {quoted(table)}" for table in sa.inspect(connection).get_table_names()]


def _engine(url: str) -> sa.Engine:
    options: dict[str, Any] = {"timeout": PATIENCE_S} if url.startswith("sqlite") else {}
    return sa.create_engine(url, poolclass=sa.NullPool, connect_args=options)


def _rewrite(connection: "Connection", cleaner: Cleaner, renamed: Mapping[str, str]) -> None:
    """Clean every text, and rename versions in it, in one transaction."""
    told = ((row, _renamed(cleaner.text(row.text), renamed)) for row in _texts(connection))
    changes = [(row, new) for row, new in told if new != row.text]
    for row, new in changes:
        connection.execute(sa.update(row.table).where(row.this).values({row.column: new}))
    connection.commit()


def _texts(connection: "Connection") -> Iterator[Text]:
    """Every text in every table, with the key of its row."""
    known = sa.MetaData()
    known.reflect(connection)
    for table in known.sorted_tables:
        names = [column.name for column in table.columns if _is_text(column)]
        key: list[sa.ColumnElement[Any]] = [*table.primary_key] or [sa.literal_column(_row_id(connection))]
        for row in connection.execute(sa.select(*key, *(table.c[name] for name in names)).select_from(table)):
            this = sa.and_(*(column == value for column, value in zip(key, row, strict=False)))
            told = zip(names, row[len(key) :], strict=True)
            yield from (Text(table, name, this, text) for name, text in told if isinstance(text, str))


def _row_id(connection: "Connection") -> str:
    return "rowid" if connection.dialect.name == "sqlite" else "ctid::text"


def _is_text(column: "sa.Column[Any]") -> bool:
    return isinstance(column.type, sa.String)


def _renamed(text: str, renamed: Mapping[str, str]) -> str:
    if not renamed:
        return text
    return VERSION.sub(lambda match: renamed.get(match[0], match[0]), text)
