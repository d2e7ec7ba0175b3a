"""Where a workspace finds its platform."""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

import churn_assets
from churn_assets.errors import SettingsError
from churn_assets.settings import Settings

HEAVY = ("pandas", "numpy", "pyarrow", "dagster", "ibis", "duckdb", "mlflow", "sklearn", "sqlalchemy", "matplotlib")


def home_in(folder: Path) -> Path:
    """A home with an empty lake."""
    (folder / "lake").mkdir(parents=True)
    return folder


def project_in(folder: Path, env: str = "") -> Path:
    """A project whose home is `data`."""
    home_in(folder / "data")
    (folder / ".env").write_text(env)
    return folder


def test_connecting_loads_nothing_heavy(tmp_path: Path) -> None:
    code = (
        f"import sys, churn_assets; churn_assets.connect({str(home_in(tmp_path))!r}); "
        f"print([m for m in {HEAVY!r} if m in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)

    assert done.stdout.strip() == "[]", done.stderr


def test_a_home_may_be_named_as_text_or_path_and_relative(elsewhere: Path) -> None:
    home = home_in(elsewhere / "here")

    assert churn_assets.connect(home).home == home
    assert churn_assets.connect(str(home)).home == home
    assert churn_assets.connect("here").home == home


def test_a_project_has_its_home_in_data(elsewhere: Path) -> None:
    project = project_in(elsewhere / "project", "CHURN_FIRST_DAY=2018-10-01\nCHURN_LAST_DAY=2019-02-27\n")

    ws = churn_assets.connect(project)

    assert ws.home == project / "data"
    assert ws.settings.lake_url == str(project / "data" / "lake")
    assert ws.settings.first_day == date(2018, 10, 1)


def test_a_project_may_say_in_its_env_file_where_its_home_is(elsewhere: Path) -> None:
    home = home_in(elsewhere / "far")
    project = project_in(elsewhere / "project", f"CHURN_HOME={home}\n")

    assert churn_assets.connect(project).home == home


def test_a_folder_that_is_named_wins_over_what_the_environment_says(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, other = home_in(elsewhere / "a"), home_in(elsewhere / "b")
    project = project_in(elsewhere / "project")
    monkeypatch.setenv("CHURN_HOME", str(other))
    monkeypatch.setenv("CHURN_LAKE", str(other / "lake"))

    assert churn_assets.connect(home).settings.lake_url == str(home / "lake")
    assert churn_assets.connect(project).settings.lake_url == str(project / "data" / "lake")
    assert churn_assets.connect().home == other


def test_other_settings_still_come_from_the_environment(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHURN_HORIZON_DAYS", "14")

    assert churn_assets.connect(home_in(elsewhere / "a")).settings.horizon_days == 14


def test_the_environments_own_home_keeps_its_other_folders_when_it_is_named(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = home_in(elsewhere / "a")
    monkeypatch.setenv("CHURN_HOME", str(home))
    monkeypatch.setenv("CHURN_LANDING", "/logs")

    assert churn_assets.connect(home).settings.landing_url == "/logs"


def test_a_home_may_carry_settings_of_its_own(elsewhere: Path) -> None:
    home = home_in(elsewhere / "a")
    (home / ".env").write_text("CHURN_LOOKBACK_DAYS=60\nCHURN_LAKE=/nowhere\n")

    settings = churn_assets.connect(home).settings

    assert (settings.lookback_days, settings.lake_url) == (60, str(home / "lake"))


@pytest.mark.parametrize("inside", ["", "docs/notebooks", "data/lake"])
def test_without_a_place_the_nearest_project_around_is_meant(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch, inside: str
) -> None:
    project = project_in(elsewhere / "project", "CHURN_LOOKBACK_DAYS=60\n")
    (project / inside).mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(project / inside)

    ws = churn_assets.connect()

    assert (ws.home, ws.settings.lookback_days) == (project / "data", 60)


def test_without_any_project_the_defaults_hold_and_the_workspace_says_that_nothing_landed(elsewhere: Path) -> None:
    ws = churn_assets.connect()

    assert ws.home == elsewhere / "data"
    assert "nothing has landed yet, 0 of " in repr(ws)
    assert list(elsewhere.iterdir()) == []


def test_a_workspace_means_the_same_wherever_the_process_goes(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = Settings(home=Path("mine"), mlflow_url="sqlite:///m.db", store_url="sqlite:////abs.db", _env_file=None)

    ws = churn_assets.connect(told)
    monkeypatch.chdir("/")

    settings = ws.settings
    assert settings.landing_url == str(elsewhere / "mine" / "landing")
    assert settings.mlflow_url == f"sqlite:///{elsewhere}/m.db"
    assert settings.prediction_store_url == "sqlite:////abs.db"


def test_addresses_of_object_stores_stay_as_they_are(elsewhere: Path) -> None:
    told = Settings(landing="s3://logs/in", _env_file=None)

    assert churn_assets.connect(told).settings.landing_url == "s3://logs/in"
    assert elsewhere.exists()


def test_a_folder_that_is_not_there_is_told_with_what_lies_near(elsewhere: Path) -> None:
    home_in(elsewhere / "demo")

    with pytest.raises(SettingsError, match=r"There is no folder .*/dmo\. Did you mean .*/demo\?"):
        churn_assets.connect("dmo")


def test_a_folder_that_is_neither_home_nor_project_is_told_with_what_lies_inside_and_around(elsewhere: Path) -> None:
    home = home_in(elsewhere / "demo")

    with pytest.raises(SettingsError, match=r"neither a home .* nor a project .* Did you mean .*/demo"):
        churn_assets.connect(elsewhere)
    with pytest.raises(SettingsError, match=r"neither a home .* Did you mean .*/demo"):
        churn_assets.connect(home / "lake")


def test_a_setting_that_cannot_be_used_is_named(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHURN_THREADS", "none")

    with pytest.raises(SettingsError, match="CHURN_THREADS is 'none'"):
        churn_assets.connect(home_in(elsewhere / "a"))


def test_an_empty_setting_of_the_environment_says_nothing(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHURN_HOME", "")
    project = project_in(elsewhere / "project")
    monkeypatch.chdir(project)

    assert churn_assets.connect().home == project / "data"
    assert os.environ["CHURN_HOME"] == ""
