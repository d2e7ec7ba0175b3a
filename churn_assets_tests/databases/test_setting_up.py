"""What is made at first use, on a real PostgreSQL: schemas, one at a time, with no more rights than are needed."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import NullPool, create_engine
from sqlalchemy.exc import OperationalError, ProgrammingError

from churn_assets.databases import setting_up
from churn_assets.databases.address import within
from churn_assets.databases.setting_up import alone
from churn_assets_tests.serving.postgres import ROLE, PostgreSQL


def schemas(postgres: PostgreSQL, url: str) -> list[str]:
    query = "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'made%' ORDER BY nspname"
    return [name for (name,) in postgres.rows(url, query)]


def test_a_schema_is_made_once_and_tables_go_into_it(postgres: PostgreSQL, database: str) -> None:
    url = within(database, "made_here", "psycopg")
    for _ in range(2):
        with alone(url):
            pass

    with create_engine(url, poolclass=NullPool).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS things (id INTEGER)")

    assert schemas(postgres, database) == ["made_here"]
    assert postgres.rows(database, "SELECT count(*) FROM made_here.things") == [(0,)]


def test_a_schema_that_somebody_made_beforehand_needs_no_right_on_the_database(postgres: PostgreSQL) -> None:
    database = postgres.new_database()
    name = postgres.rows(database, "SELECT current_database()")[0][0]
    postgres.server.psql(f"ALTER DATABASE {name} OWNER TO postgres;")
    ready, missing = (within(database, schema, "psycopg") for schema in ("made_ready", "made_missing"))
    administrator = f"postgresql://postgres@/{name}?host={postgres.folder}"
    postgres.rows(administrator, f"CREATE SCHEMA made_ready AUTHORIZATION {ROLE}")

    with alone(ready):
        pass

    with pytest.raises(ProgrammingError, match="permission denied for database"), alone(missing):
        pass


def test_one_at_a_time_sets_something_up(database: str) -> None:
    inside, most = 0, 0
    lock = threading.Lock()

    def set_up(_: int) -> None:
        nonlocal inside, most
        with alone(within(database, "made_by_many", "psycopg")):
            with lock:
                inside += 1
                most = max(most, inside)
            time.sleep(0.02)
            with lock:
                inside -= 1

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(set_up, range(8)))

    assert most == 1


def test_a_server_that_is_not_there_is_waited_for_and_then_said_to_be_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setting_up, "PATIENCE_S", 0.6)
    url = within("postgresql://churn:s3cret@127.0.0.1:9/churn", "made_nowhere", "psycopg")
    begun = time.monotonic()

    with pytest.raises(OperationalError) as away, alone(url):
        pass

    assert time.monotonic() - begun > 0.3
    assert "s3cret" not in str(away.value)


def test_a_file_has_nobody_to_wait_for() -> None:
    with alone("sqlite:////nowhere/at/all.db"):
        pass
