"""What the daemon brings up to date once there is a champion."""

import shutil

import dagster as dg
import pytest

from churn_assets.features.tables import USER_FEATURES
from churn_assets.labels.tables import CHURN_LABELS
from churn_assets.monitoring.tables import DRIFT_REPORT, NOVELTY_REPORT, PERFORMANCE_REPORT
from churn_assets.registry.registry import CHAMPION
from churn_assets.registry.tracking import MODEL
from churn_assets.resources.model_store import ModelStoreResource
from churn_assets.resources.prediction_store import StoreResource
from churn_assets.resources.storage import LakeResource, LandingResource
from churn_assets.scoring.tables import CHURN_SCORES
from churn_assets.serving.tables import PREDICTION_LOG
from churn_assets_tests.end_to_end.service import CUTOFFS, FIRST_DAY, LAST_DAY, MATURE, Service

REPORTS = {"prediction_log", "drift_report", "novelty_report", "performance_report"}


def asked(service: Service) -> list[dg.RunRequest]:
    """The runs that the landing sensor asks for."""
    settings = service.settings
    landing = {"url": settings.landing_url, "first_day": FIRST_DAY.isoformat(), "last_day": LAST_DAY.isoformat()}
    resources = {
        "storage": LakeResource(root=settings.lake_url),
        "models": ModelStoreResource(folder=str(settings.mlflow_home)),
        "landing": LandingResource(**landing),
        "predictions": StoreResource(url=settings.prediction_store_url),
    }
    with service.session() as session:
        repository = session.defs.get_repository_def()
        looking = dg.build_sensor_context(session.instance, repository_def=repository, resources=resources)
        with looking as context:
            found = repository.get_sensor_def("landing_sensor")(context)
    assert isinstance(found, dg.SensorResult)
    return list(found.run_requests or [])


def assets(request: dg.RunRequest) -> set[str]:
    """Names of the assets of a run."""
    return {key.to_user_string() for key in request.asset_selection or []}


@pytest.fixture
def unscored(copy: Service) -> Service:
    """A service whose newest cut-off was never scored."""
    shutil.rmtree(copy.lake.path(CHURN_SCORES, CUTOFFS[-1]).parent)
    return copy


def test_a_cutoff_that_was_never_scored_comes_before_the_reports(unscored: Service) -> None:
    (request,) = asked(unscored)

    assert (request.job_name, assets(request)) == ("update_cutoffs", {"churn_scores"})
    assert request.tags["dagster/asset_partition_range_start"] == CUTOFFS[-1]


def test_without_a_champion_scores_and_reports_wait(unscored: Service) -> None:
    unscored.registry.tracking.client().delete_registered_model_alias(MODEL, CHAMPION)

    assert asked(unscored) == []


def test_what_is_scored_is_reported_on(copy: Service) -> None:
    for report in (PREDICTION_LOG, DRIFT_REPORT, NOVELTY_REPORT, PERFORMANCE_REPORT):
        shutil.rmtree(copy.lake.path(report, LAST_DAY.isoformat()).parent)

    requests = asked(copy)

    assert {request.job_name for request in requests} == {"update_days"}
    assert set().union(*map(assets, requests)) == REPORTS
    assert {request.tags["dagster/asset_partition_range_end"] for request in requests} == {LAST_DAY.isoformat()}


def test_where_everything_is_reported_on_nothing_is_asked_for(service: Service) -> None:
    assert asked(service) == []


def test_labels_that_fail_do_not_starve_the_scores(unscored: Service) -> None:
    shutil.rmtree(unscored.lake.path(CHURN_LABELS, MATURE[-1]).parent)
    (labels,) = asked(unscored)
    tags = {**labels.tags, "dagster/run_key": str(labels.run_key)}
    with unscored.session() as session:
        session.instance.add_run(dg.DagsterRun("update_cutoffs", status=dg.DagsterRunStatus.FAILURE, tags=tags))

    (request,) = asked(unscored)

    assert "churn_labels" in assets(labels)
    assert assets(request) == {"churn_scores"}


def test_scores_wait_for_features_that_fail(unscored: Service) -> None:
    shutil.rmtree(unscored.lake.path(USER_FEATURES, CUTOFFS[-1]).parent)
    (features,) = asked(unscored)
    tags = {**features.tags, "dagster/run_key": str(features.run_key)}
    with unscored.session() as session:
        session.instance.add_run(dg.DagsterRun("update_cutoffs", status=dg.DagsterRunStatus.FAILURE, tags=tags))

    assert "churn_scores" not in set().union(*map(assets, asked(unscored)))
