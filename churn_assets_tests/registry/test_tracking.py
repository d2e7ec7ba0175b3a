import subprocess
import sys
from pathlib import Path

import pytest

from churn_assets.errors import RegistryError, SettingsError
from churn_assets.registry.tracking import DECISIONS, EXPERIMENT, MODEL, MONITORING, Tracking, prepare, tracking_below
from churn_assets_tests.registry.tiny import ROOT

TWO_AT_ONCE = """
import os, sys, pathlib
from churn_assets.registry.tracking import prepare, tracking_below
import mlflow
children = [os.fork() or os._exit(prepare(tracking_below(pathlib.Path(sys.argv[1]))) is None) for _ in range(2)]
sys.exit(max(os.waitpid(child, 0)[1] for child in children))
"""


def test_the_default_store_is_sqlite_below_the_folder(tmp_path: Path) -> None:
    tracking = tracking_below(tmp_path)

    assert tracking.url == f"sqlite:///{tmp_path}/mlflow.db"
    assert tracking.artifact_root == f"file://{tmp_path}/artifacts"
    assert list(tmp_path.iterdir()) == []


def test_a_server_keeps_artefacts_where_it_likes(tmp_path: Path) -> None:
    tracking = tracking_below(tmp_path, "https://mlflow.example/")

    assert (tracking.is_server, tracking.artifact_root, tracking.database) == (True, None, None)


def test_artefacts_go_to_an_object_store_that_is_named(tmp_path: Path) -> None:
    assert tracking_below(tmp_path, artifacts="s3://bucket/mlflow/").artifact_root == "s3://bucket/mlflow"


@pytest.mark.parametrize(
    "url", ["artifacts", "/srv/mlflow", "file:///srv", "https://host/x", "s3:///x", "simplecache::s3://b", "runs:/1"]
)
def test_artefacts_go_to_nothing_else(tmp_path: Path, url: str) -> None:
    with pytest.raises(SettingsError, match="CHURN_MLFLOW_ARTIFACTS must be the URL of a folder in an object store"):
        tracking_below(tmp_path, artifacts=url)


def test_credentials_of_an_object_store_are_refused_and_not_shown(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="holds credentials") as refused:
        tracking_below(tmp_path, artifacts="s3://key:hush@bucket/mlflow")

    assert "hush" not in str(refused.value)


def test_a_server_is_not_told_where_artefacts_go(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="--artifacts-destination"):
        tracking_below(tmp_path, "https://mlflow.example/", "s3://bucket/mlflow")


@pytest.mark.parametrize("url", ["mlruns", "file:///tmp/mlruns", "./data/mlflow"])
def test_the_file_store_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(RegistryError, match="file store"):
        tracking_below(tmp_path, url)


def test_preparing_again_changes_nothing(tracking: Tracking) -> None:
    before = tracking.experiment_id()

    assert prepare(tracking).experiment_id() == before
    assert len(tracking.client().search_registered_models()) == 1


def test_every_experiment_keeps_its_artefacts_below_the_folder(tracking: Tracking) -> None:
    for name in (EXPERIMENT, DECISIONS, MONITORING):
        experiment = tracking.client().get_experiment_by_name(name)
        assert experiment is not None
        assert experiment.artifact_location == f"{tracking.folder.as_uri()}/artifacts/{name}"


def test_the_registered_model_exists_from_the_start(tracking: Tracking) -> None:
    assert tracking.client().get_registered_model(MODEL).name == "churn"


def test_a_store_that_was_never_prepared_is_an_error_and_is_not_created(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="prepare first"):
        tracking_below(tmp_path).client()

    assert list(tmp_path.iterdir()) == []


def test_a_database_that_is_none_is_an_error_that_says_what_to_check(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_bytes(b"not a database" * 100)

    with pytest.raises(RegistryError, match="CHURN_MLFLOW_URL"):
        prepare(tracking_below(tmp_path))


def test_the_page_of_a_run_is_where_the_ui_shows_it(tracking: Tracking) -> None:
    experiment = tracking.experiment_id()

    assert tracking.run_page("abc") == f"http://127.0.0.1:5000/#/experiments/{experiment}/runs/abc"


def test_two_processes_set_up_one_store_at_once_without_a_word_and_leave_nothing_half_made(tmp_path: Path) -> None:
    program = [sys.executable, "-c", TWO_AT_ONCE, str(tmp_path)]

    ran = subprocess.run(program, cwd=ROOT, text=True, capture_output=True, check=False)

    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["mlflow.db", "set-up.lock"]
    assert prepare(tracking_below(tmp_path)).experiment_id() == "1"
