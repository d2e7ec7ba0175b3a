"""What the landing sensor says of a site, and what it asks for, carried out."""

from typing import Protocol

import dagster as dg

from churn_assets.resources.model_store import ModelStoreResource
from churn_assets.resources.prediction_store import StoreResource
from churn_assets.resources.runner import RANGE_END, RANGE_START, Range, run_assets
from churn_assets.resources.storage import LakeResource, LandingResource
from churn_assets.serving.tables import SERVED_EVENTS
from churn_assets.settings import Settings


class Sensed(Protocol):
    """Whose sensor it is: settings, definitions and history, as a site and a session have them."""

    @property
    def settings(self) -> Settings: ...
    @property
    def defs(self) -> dg.Definitions: ...
    @property
    def instance(self) -> dg.DagsterInstance: ...


def tick(site: Sensed, cursor: str | None = None) -> dg.SensorResult | dg.SkipReason:
    """One evaluation of the sensor."""
    repository = site.defs.get_repository_def()
    resources = {
        "storage": LakeResource.of(site.settings),
        "models": ModelStoreResource.of(site.settings),
        "landing": LandingResource.of(site.settings),
        "predictions": StoreResource(url=site.settings.prediction_store_url),
    }
    looking = dg.build_sensor_context(site.instance, cursor=cursor, repository_def=repository, resources=resources)
    with looking as context:
        found = repository.get_sensor_def("landing_sensor")(context)
    assert isinstance(found, dg.SensorResult | dg.SkipReason)
    return found


def asked(site: Sensed, cursor: str | None = None) -> list[dg.RunRequest]:
    """The runs that the sensor asks for."""
    found = tick(site, cursor)
    assert isinstance(found, dg.SensorResult)
    return list(found.run_requests or [])


def carry_out(site: Sensed, request: dg.RunRequest) -> None:
    """Run what the sensor asks for, as the daemon would."""
    selection = request.asset_selection or [dg.AssetKey(SERVED_EVENTS)]
    span = Range(request.tags.get(RANGE_START, ""), request.tags.get(RANGE_END, ""))
    run_assets(site.defs, [key.to_user_string() for key in selection], span, instance=site.instance)
