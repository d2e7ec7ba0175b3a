"""What `dagster dev` loads: every asset, check, job, sensor and resource, wired from the settings."""

import warnings
from typing import Any

import dagster as dg
from dagster._utils.warnings import BetaWarning

from churn_assets.errors import SettingsError
from churn_assets.features.assets import features_assets
from churn_assets.ingest.assets import ingest_assets
from churn_assets.labels.assets import labels_assets
from churn_assets.lake.bucket import Bucket
from churn_assets.lake.lake import Lake
from churn_assets.monitoring.drift.assets import drift_assets
from churn_assets.monitoring.novelty.assets import novelty_assets
from churn_assets.monitoring.performance.assets import performance_assets
from churn_assets.registry.assets import registry_assets
from churn_assets.resources.flow import flow_jobs, landing_sensor
from churn_assets.resources.lake_asset import LAKE_IO
from churn_assets.resources.lake_io import LakeIOManager
from churn_assets.resources.model_store import ModelStoreResource
from churn_assets.resources.prediction_store import StoreResource
from churn_assets.resources.retraining_runs import retraining_jobs
from churn_assets.resources.storage import EngineResource, LakeResource, LandingResource
from churn_assets.retention.assets import retention_assets
from churn_assets.retraining.assets import retraining_assets
from churn_assets.retraining.sensors import retraining_sensors
from churn_assets.scoring.assets import scoring_assets
from churn_assets.serving.assets import serving_assets
from churn_assets.settings import Settings
from churn_assets.training.assets import training_assets

STAGES = (
    ingest_assets,
    features_assets,
    labels_assets,
    training_assets,
    registry_assets,
    scoring_assets,
    retention_assets,
    serving_assets,
    performance_assets,
    drift_assets,
    novelty_assets,
    retraining_assets,
)


def build_defs(settings: Settings | None = None, **overrides: Any) -> dg.Definitions:
    """The definitions that `settings` (by default those of the environment) describe.

    `overrides` replace arguments of `Definitions`, such as `executor` or `sensors`; resources are merged by name.
    SettingsError for a place of the lake that settings can name and nothing can work with yet.
    """
    settings = settings or Settings()
    _refuse_what_is_not_built(settings)
    with warnings.catch_warnings():
        # Single-run backfills and open-ended partition mappings are in beta; we rely on both and pin them by tests.
        warnings.simplefilter("ignore", BetaWarning)
        resources = _resources(settings) | overrides.pop("resources", {})
        jobs, trainings = flow_jobs(), retraining_jobs()
        parts = [part for stage in STAGES for part in stage(settings)]
        wired: dict[str, Any] = {
            "assets": [part for part in parts if not isinstance(part, dg.AssetChecksDefinition)],
            "asset_checks": [part for part in parts if isinstance(part, dg.AssetChecksDefinition)],
            "jobs": [*jobs, *trainings],
            "sensors": [landing_sensor(settings, jobs), *retraining_sensors(settings, trainings)],
            "executor": dg.in_process_executor,
        }
        return dg.Definitions(**(wired | overrides), resources=resources)


def _refuse_what_is_not_built(settings: Settings) -> None:
    """Better no table than one made by another engine than asked for, or in another place."""
    root = Lake.of(settings).root
    if not isinstance(root, Bucket):
        return
    if settings.engine == "spark":
        message = (
            "CHURN_ENGINE is 'spark' and CHURN_LAKE a bucket, and Spark's workers write to a folder that they share: "
            "mount one and name it in CHURN_LAKE, or let DuckDB do the work (docs/how-to/spark.md)."
        )
        raise SettingsError(message)
    root.require_library()


def _resources(settings: Settings) -> dict[str, Any]:
    storage = LakeResource.of(settings)
    computing = EngineResource(
        threads=settings.threads,
        memory_limit=settings.memory_limit,
        spill=str(settings.home / "spill"),
        queries=str(settings.home / "queries"),
        spark_url=settings.spark_url if settings.engine == "spark" else None,
        spark_memory=settings.spark_memory,
    )
    return {
        "storage": storage,
        "computing": computing,
        "landing": LandingResource.of(settings),
        "predictions": StoreResource(url=settings.prediction_store_url),
        "models": ModelStoreResource.of(settings),
        LAKE_IO: LakeIOManager(storage=storage, computing=computing),
    }


defs = build_defs()
