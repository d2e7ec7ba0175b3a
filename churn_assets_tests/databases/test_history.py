"""Dagster's history where the settings say: one `dagster.yaml` for files and for a real PostgreSQL."""

import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.remote_representation.external_data import RepositorySnap
from dagster._core.storage.runs import SqliteRunStorage
from dagster._serdes import serialize_value
from dagster_postgres.run_storage import PostgresRunStorage
from sqlalchemy import NullPool, create_engine
from sqlalchemy.exc import OperationalError, ProgrammingError

from churn_assets.databases import setting_up
from churn_assets.databases.address import within
from churn_assets.definitions import build_defs
from churn_assets.errors import HistoryError
from churn_assets.resources.history_store import lost_connections, reason, telling_outages
from churn_assets.resources.instance import open_instance
from churn_assets.settings import Settings

ROOT = Path(__file__).parents[2]
WHAT_IS_MADE = """
import dagster as dg
print(dg.DagsterInstance.get().get_materialized_partitions(dg.AssetKey("churn_scores")))
"""


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of the developer's, in an empty folder."""
    for name in [name for name in os.environ if name.startswith(("CHURN_", "DAGSTER_"))]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def made(instance: dg.DagsterInstance, partition: str) -> None:
    instance.report_runless_asset_event(dg.AssetMaterialization("churn_scores", partition=partition))


def partitions(instance: dg.DagsterInstance) -> set[str]:
    return instance.get_materialized_partitions(dg.AssetKey("churn_scores"))


def storage(instance: dg.DagsterInstance) -> type:
    return type(instance.run_storage)


def test_two_homes_of_one_database_share_a_history_and_files_do_not(database: str, tmp_path: Path) -> None:
    one, other = (Settings(home=tmp_path / name, database_url=database) for name in ("one", "other"))
    in_files = Settings(home=tmp_path / "one", database_url=database, dagster_url="sqlite")
    with open_instance(one) as instance:
        assert storage(instance) is PostgresRunStorage
        made(instance, "2026-01-05")

    with open_instance(other) as instance, open_instance(in_files) as files:
        assert partitions(instance) == {"2026-01-05"}
        assert storage(files) is SqliteRunStorage
        assert partitions(files) == set()


def test_dagsters_own_programs_find_the_same_history_by_the_environment(database: str, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "programs", database_url=database)
    with open_instance(settings) as instance:
        made(instance, "2026-01-12")
    told = {"CHURN_DATABASE_URL": database, "PATH": "/usr/bin:/bin"}

    for home in (settings.dagster_home, ROOT):
        environment = {**told, "DAGSTER_HOME": str(home)}
        said = subprocess.check_output([sys.executable, "-c", WHAT_IS_MADE], env=environment, cwd=tmp_path, text=True)
        assert "2026-01-12" in said


def test_what_dagster_hands_to_its_processes_holds_no_address(database: str, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", database_url=database)
    with open_instance(settings) as instance:
        handed_on = serialize_value(instance.get_ref())

    assert "history_store" in handed_on
    assert "churn_dagster" not in handed_on
    assert "s3cret" not in handed_on + (settings.dagster_home / "dagster.yaml").read_text()


def test_what_the_ui_shows_of_the_definitions_holds_no_address(database: str, tmp_path: Path) -> None:
    definitions = build_defs(Settings(home=tmp_path / "home", database_url=database))

    shown = serialize_value(RepositorySnap.from_def(definitions.get_repository_def()))

    assert "predictions" in shown
    assert "churn_store" not in shown
    assert "s3cret" not in shown


def test_a_dagster_home_that_is_ours_and_empty_is_filled_and_one_that_is_somebodys_is_kept(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(home=tmp_path / "home", database_url=database)
    settings.dagster_home.mkdir(parents=True)
    monkeypatch.setenv("DAGSTER_HOME", str(settings.dagster_home))
    with open_instance(settings) as instance:
        assert storage(instance) is PostgresRunStorage
    config = settings.dagster_home / "dagster.yaml"
    config.write_text("telemetry:\n  enabled: false\n")

    with open_instance(settings) as instance:
        assert storage(instance) is SqliteRunStorage
    assert config.read_text() == "telemetry:\n  enabled: false\n"


def test_a_server_that_is_away_is_told_without_its_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setting_up, "PATIENCE_S", 0.1)
    settings = Settings(home=tmp_path, database_url="postgresql://churn:s3cret@127.0.0.1:9/churn")

    where = r"churn:\*\*\*@127.0.0.1:9/churn \(schema churn_dagster\)"
    with pytest.raises(HistoryError, match=where) as away, open_instance(settings):
        pass

    assert "s3cret" not in str(away.value)
    assert "Connection refused" in str(away.value)


def test_only_lost_connections_are_told_as_such(database: str, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, database_url=database)
    engine = create_engine(within(database, "churn_dagster", "psycopg2"), poolclass=NullPool)

    lost = pytest.raises(HistoryError, match="server closed the connection")
    with lost, telling_outages(settings), engine.connect() as connection:
        connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")
    with pytest.raises(ProgrammingError), telling_outages(settings), engine.connect() as connection:
        connection.exec_driver_sql("SELECT nonsense")

    assert OperationalError in lost_connections()


def test_the_reason_is_what_the_driver_said_in_one_line() -> None:
    error = RuntimeError("too many retries")
    error.__cause__ = OSError("Connection refused\n\tIs the server running?")

    assert reason(error) == "Connection refused"
