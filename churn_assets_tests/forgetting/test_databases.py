"""Databases of others: texts are cleaned and versions renamed in any table, and nothing is left in the file."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from churn_assets.errors import ForgettingError
from churn_assets.forgetting import databases
from churn_assets.forgetting.databases import DatabasePlace
from churn_assets.forgetting.journal import Journal
from churn_assets.forgetting.listener import Listener
from churn_assets_tests.forgetting.planted import USER
from churn_assets_tests.forgetting.search import found
from churn_assets_tests.serving.postgres import PostgreSQL

OLD, NEW, OTHER = "a" * 64, "b" * 64, "c" * 64
SCHEMA = (
    "CREATE TABLE things (id INTEGER PRIMARY KEY, told TEXT, n INTEGER)",
    "CREATE TABLE pairs (name VARCHAR(90), value VARCHAR(90), PRIMARY KEY (name, value))",
    "CREATE TABLE loose (said TEXT)",
)
ROWS = (
    f"INSERT INTO things VALUES (1, '[{{\"user_id\": \"{USER}\"}}, 7]', 42), (2, 'version {OLD} of {OTHER}', 43)",
    f"INSERT INTO pairs VALUES ('asked by', '{USER}'), ('version', '{OLD}'), ('short', '{OLD[:40]}')",
    f"INSERT INTO loose VALUES ('{USER}'), ('nobody'), (NULL)",
)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of somebody else, once of either kind."""
    if request.param == "sqlite":
        address = f"sqlite:///{tmp_path / 'their.db'}"
    else:
        server: PostgreSQL = request.getfixturevalue("postgres")
        address = server.new_schema()
    with create_engine(address).begin() as connection:
        for statement in (*SCHEMA, *ROWS):
            connection.execute(text(statement))
    return address


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """A pending forgetting that renames one version."""
    journal = Journal(tmp_path)
    journal.begin(USER, datetime(2026, 1, 1, tzinfo=UTC))
    journal.renaming({OLD: NEW})
    return journal


def contents(url: str) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    with create_engine(url).connect() as connection:
        return {
            table: sorted(map(tuple, connection.execute(text(f"SELECT * FROM {table}"))), key=repr)
            for table in ("things", "pairs", "loose")
        }


def test_entries_go_words_are_masked_versions_renamed_and_the_rest_stays(url: str, journal: Journal) -> None:
    place = DatabasePlace("theirs", (url,), Listener(USER), tells_versions=True)

    assert place.held() == 3
    place.remove(journal)

    assert place.held() == 0
    assert journal.removed == {"theirs": 3}
    assert contents(url) == {
        "things": [(1, "[7]", 42), (2, f"version {NEW} of {OTHER}", 43)],
        "pairs": [("asked by", "•••"), ("short", OLD[:40]), ("version", NEW)],
        "loose": [("nobody",), ("•••",), (None,)],
    }


def test_a_database_that_tells_no_versions_keeps_what_it_says_of_them(url: str, journal: Journal) -> None:
    DatabasePlace("theirs", (url,), Listener(USER)).remove(journal)

    assert ("version", OLD) in contents(url)["pairs"]


def test_nothing_is_left_in_the_bytes_of_the_file_or_of_its_log(tmp_path: Path) -> None:
    file = tmp_path / "home" / "their.db"
    file.parent.mkdir()
    journal = Journal(tmp_path)
    journal.begin(USER, datetime(2026, 1, 1, tzinfo=UTC))
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        for statement in (*SCHEMA, *ROWS):
            connection.execute(statement)
    connection.close()

    DatabasePlace("theirs", (f"sqlite:///{file}",), Listener(USER)).remove(journal)

    assert found([file.parent], [USER]) == set()


def test_killed_before_the_file_was_written_anew_it_is_written_anew_the_next_time(tmp_path: Path) -> None:
    file = tmp_path / "home" / "their.db"
    file.parent.mkdir()
    url = f"sqlite:///{file}"
    journal = Journal(tmp_path)
    journal.begin(USER, datetime(2026, 1, 1, tzinfo=UTC))
    journal.removing("theirs", url, 3)
    with sqlite3.connect(file) as connection:
        for statement in (*SCHEMA, *ROWS):
            connection.execute(statement)
        connection.execute("PRAGMA secure_delete = OFF")
        connection.execute("DELETE FROM loose")
        connection.execute("UPDATE things SET told = NULL")
        connection.execute("DELETE FROM pairs WHERE name = 'asked by'")
    connection.close()

    DatabasePlace("theirs", (url,), Listener(USER)).remove(journal)

    assert found([file.parent], [USER]) == set()


def test_a_database_that_somebody_reads_for_too_long_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "PATIENCE_S", 0.1)
    file = tmp_path / "their.db"
    with sqlite3.connect(file, isolation_level=None) as reader:
        reader.execute("PRAGMA journal_mode = WAL")
        reader.execute("CREATE TABLE t (a TEXT)")
        reader.execute("INSERT INTO t VALUES ('x')")
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM t").fetchall()
        with pytest.raises(ForgettingError, match="read by another program"):
            databases.compact(f"sqlite:///{file}")
        reader.execute("ROLLBACK")
    reader.close()

    databases.compact(f"sqlite:///{file}")
