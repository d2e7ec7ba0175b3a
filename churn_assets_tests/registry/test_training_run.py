import subprocess
import sys

import pytest

from churn_assets.registry.tracking import Tracking
from churn_assets.registry.training_run import PROCESS, TrainingRun, close_orphans, training_run
from churn_assets_tests.registry.tiny import ROOT

VERSIONS = {"code_version": "c0ffee"}


def status(run: TrainingRun) -> str:
    return str(run.tracking.client().get_run(run.run_id).info.status)


def test_a_training_that_ends_well_is_finished(tracking: Tracking) -> None:
    with training_run(tracking, "weekly", data_versions=VERSIONS) as run:
        assert status(run) == "RUNNING"

    assert status(run) == "FINISHED"


def doomed(tracking: Tracking, error: type[BaseException], opened: list[TrainingRun]) -> None:
    with training_run(tracking, "weekly", data_versions=VERSIONS) as run, run.candidate("catboost") as child:
        opened += [run, child]
        raise error


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit, GeneratorExit])
def test_a_training_that_fails_is_failed_with_its_open_child(tracking: Tracking, error: type[BaseException]) -> None:
    opened: list[TrainingRun] = []

    with pytest.raises(error):
        doomed(tracking, error, opened)

    assert [status(run) for run in opened] == ["FAILED", "FAILED"]


def test_a_child_belongs_to_its_parent(tracking: Tracking) -> None:
    with training_run(tracking, "weekly", data_versions=VERSIONS) as run, run.candidate("recency") as child:
        tags = tracking.client().get_run(child.run_id).data.tags

    assert (tags["mlflow.parentRunId"], tags["churn.rung"]) == (run.run_id, "recency")


def test_dagster_and_mlflow_link_to_each_other(tracking: Tracking) -> None:
    with training_run(tracking, "weekly", data_versions=VERSIONS, dagster_run_id="d-1") as run:
        tags = tracking.client().get_run(run.run_id).data.tags

    assert (tags["dagster_run_id"], tags["code_version"]) == ("d-1", "c0ffee")
    assert run.page.endswith(f"/runs/{run.run_id}")


def test_params_metrics_and_files_are_kept(tracking: Tracking) -> None:
    with training_run(tracking, "weekly", data_versions=VERSIONS) as run:
        run.params({"folds": 3})
        run.metrics({"log_loss": 0.5, "undefined": float("nan")})
        run.text("notes.txt", "n")
        run.file("plots/roc.png", b"png")
    kept = tracking.client().get_run(run.run_id)

    assert kept.data.params == {"folds": "3"}
    assert kept.data.metrics == {"log_loss": 0.5}
    assert [file.path for file in tracking.client().list_artifacts(run.run_id, "plots")] == ["plots/roc.png"]


def test_more_than_mlflow_takes_at_once_is_kept_too(tracking: Tracking) -> None:
    many = {f"name {number}": number for number in range(250)}

    with training_run(tracking, "weekly", data_versions=VERSIONS) as run:
        run.params(many)
        run.tags(many)
    kept = tracking.client().get_run(run.run_id).data

    assert len(kept.params) == 250
    assert kept.tags["name 249"] == "249"


def test_a_run_whose_process_was_killed_is_closed_by_the_next_training(tracking: Tracking) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""], cwd=ROOT)
    dead.wait()
    with training_run(tracking, "weekly", data_versions=VERSIONS) as alive:
        host, _ = tracking.client().get_run(alive.run_id).data.tags[PROCESS].split(":")
        orphan = tracking.client().create_run(tracking.experiment_id(), tags={PROCESS: f"{host}:{dead.pid}"})
        elsewhere = tracking.client().create_run(tracking.experiment_id(), tags={PROCESS: f"not-{host}:{dead.pid}"})

        assert close_orphans(tracking) == [orphan.info.run_id]

        assert status(alive) == "RUNNING"
        assert status(TrainingRun(tracking, elsewhere.info.run_id)) == "RUNNING"
    assert status(TrainingRun(tracking, orphan.info.run_id)) == "FAILED"
