"""`churn-assets stores`, on files and on a real PostgreSQL."""

from pathlib import Path

import pytest

from churn_assets.cli.stores import copy_stores, show_stores
from churn_assets.databases import setting_up
from churn_assets.errors import StoreError
from churn_assets.settings import Settings


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    monkeypatch.chdir(tmp_path)


def test_an_empty_database_is_filled_and_every_store_is_named_without_the_password(
    database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    show_stores(Settings(home=tmp_path / "home", database_url=database))

    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in lines] == ["Dagster's history", "MLflow", "prediction store"]
    assert all(" ready " in line and "churn:***@" in line for line in lines)
    assert [line.rpartition("schema ")[2] for line in lines] == ["churn_dagster)", "churn_mlflow)", "churn_store)"]
    assert "s3cret" not in "".join(lines)


def test_a_server_that_is_away_is_named_with_all_that_it_holds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setting_up, "PATIENCE_S", 0.1)
    away = "postgresql://churn:s3cret@127.0.0.1:9/churn"
    settings = Settings(home=tmp_path, database_url=away, store_url=f"sqlite:///{tmp_path}/kept.db")

    with pytest.raises(StoreError) as told:
        show_stores(settings)

    said = capsys.readouterr().out
    assert said.count("cannot be used") == 2
    assert f"sqlite:///{tmp_path}/kept.db" in said
    assert "Dagster's history at" in str(told.value)
    assert "MLflow at" in str(told.value)
    assert "s3cret" not in said + str(told.value)


@pytest.mark.parametrize("elsewhere", [{}, {"database_url": "postgresql://db/churn", "store_url": "sqlite:///here.db"}])
def test_copying_needs_a_postgresql_for_every_store(elsewhere: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="set CHURN_DATABASE_URL to where it is to be copied"):
        copy_stores(Settings(home=tmp_path, **elsewhere), tmp_path)
