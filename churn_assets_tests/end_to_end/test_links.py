"""A training in Dagster and in MLflow: each leads to the other."""

from typing import Any

import dagster as dg
import pytest

from churn_assets.registry.assets import MLFLOW_RUN
from churn_assets.registry.tables import CANDIDATE_MODELS, CHALLENGER_MODEL, CHAMPION_MODEL
from churn_assets.registry.training_run import DAGSTER_RUN, PARENT
from churn_assets_tests.cli.console import Console
from churn_assets_tests.end_to_end.service import Service


@pytest.fixture(scope="module")
def parent(service: Service) -> Any:
    """The MLflow run of the champion's training."""
    return service.registry.tracking.client().get_run(service.registry.champion().run_id)


def test_the_dagster_run_and_the_mlflow_run_name_each_other(service: Service, parent: Any) -> None:
    with service.session() as session:
        run = session.instance.get_run_by_id(parent.data.tags[DAGSTER_RUN])

    assert run is not None
    assert run.tags[MLFLOW_RUN] == parent.info.run_id
    assert run.status == dg.DagsterRunStatus.SUCCESS


@pytest.mark.parametrize("asset", ["candidate_models", "challenger_model"])
def test_the_asset_links_to_the_page_of_its_mlflow_run(asset: str, service: Service, parent: Any) -> None:
    (said,) = service.made(asset).values()

    assert said[MLFLOW_RUN] == parent.info.run_id
    assert said["mlflow_run"].endswith(f"/#/experiments/{parent.info.experiment_id}/runs/{parent.info.run_id}")


def test_one_parent_has_one_finished_child_a_rung(service: Service, parent: Any) -> None:
    client = service.registry.tracking.client()
    children = client.search_runs([parent.info.experiment_id], f"tags.`{PARENT}` = '{parent.info.run_id}'")

    rungs = sorted(child.data.tags["churn.rung"] for child in children)
    assert rungs == sorted(service.rows(CANDIDATE_MODELS)["rung"])
    assert len(rungs) == 7
    assert {run.info.status for run in [parent, *children]} == {"FINISHED"}


def test_the_run_says_which_data_and_code_the_model_was_made_from(service: Service, parent: Any) -> None:
    version, tags = service.registry.champion(), parent.data.tags
    with service.session() as session:
        made = session.platform().histories["training_set"].made[""]

    assert version.fingerprint.startswith(tags["churn.features"])
    assert tags["churn.training_set.data_version"] == made.version
    assert tags["churn.code_version"]


def test_the_run_holds_parameters_metrics_and_pictures(service: Service, parent: Any) -> None:
    client = service.registry.tracking.client()
    files = {file.path for file in client.list_artifacts(parent.info.run_id)}

    assert parent.data.params["folds"] == "2"
    assert {"test_roc_auc", "test_log_loss", "test_average_precision"} <= set(parent.data.metrics)
    assert {"plots", "evaluation.json", "selected_features.txt"} <= files


def test_the_decision_table_and_the_command_tell_the_same_history(service: Service, console: Console) -> None:
    (decision,) = service.rows(CHAMPION_MODEL).to_dict("records")

    said = console.call("model")

    assert (decision["kind"], decision["version"], decision["state"]) == ("promotion", "1", "done")
    assert "champion: version 1, " in said.out
    assert "challenger: version 1, " in said.out
    assert "promotion" in said.out


def test_the_card_is_the_same_in_dagster_and_on_the_command_line(service: Service, console: Console) -> None:
    (said,) = service.made(CHALLENGER_MODEL.table).values()

    cards = {console.call("model", "card", version).out for version in ("champion", "challenger", "1")}

    assert cards == {f"{said['card']}\n"}
