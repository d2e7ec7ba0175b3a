"""What the landing sensor says of a site."""

import dagster as dg

from churn_assets.resources.model_store import ModelStoreResource
from churn_assets.resources.prediction_store import StoreResource
from churn_assets.resources.storage import LakeResource, LandingResource
from churn_assets_tests.orchestration.tiny import Site


def tick(site: Site, cursor: str | None = None) -> dg.SensorResult | dg.SkipReason:
    """One evaluation of the sensor."""
    repository = site.defs.get_repository_def()
    resources = {
        "storage": LakeResource(root=site.settings.lake_url),
        "models": ModelStoreResource(folder=str(site.settings.mlflow_home)),
        "landing": LandingResource.of(site.settings),
        "predictions": StoreResource(url=site.settings.prediction_store_url),
    }
    looking = dg.build_sensor_context(site.instance, cursor=cursor, repository_def=repository, resources=resources)
    with looking as context:
        found = repository.get_sensor_def("landing_sensor")(context)
    assert isinstance(found, dg.SensorResult | dg.SkipReason)
    return found


def asked(site: Site, cursor: str | None = None) -> list[dg.RunRequest]:
    """The runs that the sensor asks for."""
    found = tick(site, cursor)
    assert isinstance(found, dg.SensorResult)
    return list(found.run_requests or [])
