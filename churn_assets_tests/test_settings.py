from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError
from sqlalchemy import make_url

from churn_assets.errors import SettingsError
from churn_assets.settings import DEMO_FIRST_DAY, DEMO_LAST_DAY, WEEKDAYS, Settings


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No `CHURN_*` of the developer's and no `.env` of the checkout."""
    import os

    for name in [name for name in os.environ if name.startswith("CHURN_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_the_defaults_need_nothing() -> None:
    settings = Settings()

    assert (settings.first_day, settings.last_day) == (DEMO_FIRST_DAY, DEMO_LAST_DAY)
    assert (DEMO_LAST_DAY - DEMO_FIRST_DAY).days == 149
    assert (settings.lookback_days, settings.horizon_days, settings.at_risk_days) == (90, 30, 30)
    assert settings.cutoffs.weekday == 0


def test_everything_lives_below_home_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHURN_HOME", "/srv/churn")
    settings = Settings()

    assert (settings.landing_url, settings.lake_url) == ("/srv/churn/landing", "/srv/churn/lake")
    assert settings.mlflow_home == Path("/srv/churn/mlflow")
    assert settings.dagster_home == Path("/srv/churn/.dagster")


def test_landing_and_lake_may_be_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHURN_LANDING", "s3://logs/music")
    monkeypatch.setenv("CHURN_LAKE", "gs://lake")

    assert (Settings().landing_url, Settings().lake_url) == ("s3://logs/music", "gs://lake")


def test_three_stores_follow_one_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHURN_DATABASE_URL", "postgresql://churn@db.internal/churn?sslmode=require")
    settings = Settings()

    urls = [make_url(str(url)) for url in (settings.tracking_url, settings.history_url, settings.prediction_store_url)]

    assert {(url.username, url.host, url.database, url.query["sslmode"]) for url in urls} == {
        ("churn", "db.internal", "churn", "require")
    }
    assert [url.query["options"] for url in urls] == [
        "-csearch_path=churn_mlflow",
        "-csearch_path=churn_dagster",
        "-csearch_path=churn_store",
    ]
    assert [url.drivername for url in urls] == ["postgresql+psycopg", "postgresql+psycopg2", "postgresql+psycopg"]


def test_each_store_may_be_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHURN_DATABASE_URL", "postgresql://churn@db.internal/churn")
    monkeypatch.setenv("CHURN_MLFLOW_URL", "http://mlflow.internal:5000")
    monkeypatch.setenv("CHURN_STORE_URL", "sqlite:////srv/predictions.db")
    monkeypatch.setenv("CHURN_DAGSTER_URL", "postgresql://churn@db.internal/dagster")
    settings = Settings()

    assert settings.tracking_url == "http://mlflow.internal:5000"
    assert settings.prediction_store_url == "sqlite:////srv/predictions.db"
    assert settings.history_url == "postgresql+psycopg2://churn@db.internal/dagster"
    assert Settings(dagster_url="sqlite").history_url is None


def test_without_a_database_everything_is_in_files() -> None:
    settings = Settings(home=Path("/srv/churn"))

    assert (settings.tracking_url, settings.history_url) == (None, None)
    assert settings.prediction_store_url == "sqlite:////srv/churn/predictions.db"


@pytest.mark.parametrize("name", ["database_url", "mlflow_url", "dagster_url", "store_url"])
def test_settings_do_not_show_a_password(name: str) -> None:
    settings = Settings(**{name: "postgresql://churn:s3cret@db.internal/churn"})

    assert "s3cret" not in f"{settings} {settings!r}"


@pytest.mark.parametrize("name", ["database_url", "dagster_url"])
def test_what_is_no_postgresql_is_refused_without_its_password(name: str) -> None:
    with pytest.raises(SettingsError, match=f"CHURN_{name.upper()}: 'mysql://churn:.*write postgresql://") as refused:
        Settings(**{name: "mysql://churn:s3cret@db.internal/churn"})

    assert "s3cret" not in str(refused.value)


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"FIRST_DAY": "2018-10-01", "LAST_DAY": "2019-02-27", "ENGINE": "spark"}.items():
        monkeypatch.setenv(f"CHURN_{name}", value)

    settings = Settings()

    assert (settings.first_day, settings.last_day) == (date(2018, 10, 1), date(2019, 2, 27))
    assert settings.engine == "spark"


def test_the_environment_wins_over_the_env_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CHURN_SEED=11\nCHURN_THREADS=5\nOTHER=1\n")
    monkeypatch.setenv("CHURN_SEED", "12")

    assert (Settings().seed, Settings().threads) == (12, 5)


def test_an_empty_variable_is_an_unset_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHURN_LANDING", "")

    assert Settings().landing is None


def test_a_live_log_is_open_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHURN_LAST_DAY", "open")

    assert Settings().last_day == "open"


@pytest.mark.parametrize("schedule", WEEKDAYS)
def test_cutoffs_fall_on_the_weekday_asked_for(schedule: str) -> None:
    settings = Settings(first_day=date(2024, 1, 1), cutoff_schedule=schedule)  # type: ignore[arg-type]

    assert settings.cutoffs.first.strftime("%A").lower() == schedule
    assert settings.cutoffs.first >= date(2024, 1, 29)


def test_daily_cutoffs_have_no_weekday() -> None:
    assert Settings(cutoff_schedule="daily").cutoffs.weekday is None


def test_a_log_that_ends_before_it_begins_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHURN_FIRST_DAY", "2019-01-01")
    monkeypatch.setenv("CHURN_LAST_DAY", "2018-12-31")

    with pytest.raises(SettingsError, match=r"CHURN_LAST_DAY \(2018-12-31\) lies before CHURN_FIRST_DAY"):
        Settings()


def test_a_log_of_one_day_is_allowed() -> None:
    assert Settings(first_day=date(2024, 1, 1), last_day=date(2024, 1, 1)).last_day == date(2024, 1, 1)


def test_risk_bands_that_cross_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHURN_MEDIUM_RISK", "0.6")

    with pytest.raises(SettingsError, match=r"CHURN_MEDIUM_RISK \(0\.6\) must not exceed CHURN_HIGH_RISK \(0\.5\)"):
        Settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FIRST_DAY", "yesterday"),
        ("LAST_DAY", "2018-13-01"),
        ("ENGINE", "polars"),
        ("LOOKBACK_DAYS", "0"),
        ("HIGH_RISK", "1.5"),
        ("FOLDS", "1"),
        ("CUTOFF_SCHEDULE", "weekly"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_by_name(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"CHURN_{name}", value)

    with pytest.raises((ValidationError, SettingsError), match=f"(?i){name}"):
        Settings()


def test_settings_cannot_be_changed_afterwards() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().seed = 8


def test_every_setting_says_what_it_is() -> None:
    assert [name for name, field in Settings.model_fields.items() if not (field.description or "").endswith(".")] == []
