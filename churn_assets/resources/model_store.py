"""The MLflow store as a Dagster resource that loads MLflow only where it is used."""

from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from churn_assets.registry.history import History
    from churn_assets.registry.registry import ModelRegistry, ModelVersion
    from churn_assets.registry.tracking import Tracking


class ModelStoreResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Tracking and registry: the server at `url`, or SQLite below `folder`."""

    folder: str
    url: str | None = None

    def tracking(self) -> "Tracking":
        """The store, set up if it was not."""
        from churn_assets.registry.tracking import prepare, tracking_below

        return prepare(tracking_below(Path(self.folder), self.url))

    def champion(self) -> "ModelVersion | None":
        """Today's champion; a store that nothing was ever written to is not set up to look."""
        from churn_assets.registry.registry import CHAMPION, ModelRegistry
        from churn_assets.registry.tracking import tracking_below

        tracking = tracking_below(Path(self.folder), self.url)
        if tracking.database is not None and not tracking.database.exists():
            return None
        return ModelRegistry(tracking).find(CHAMPION)

    def registry(self) -> "ModelRegistry":
        """The registered model `churn`."""
        from churn_assets.registry.registry import ModelRegistry

        return ModelRegistry(self.tracking())

    def history(self) -> "History":
        """The decisions about the champion."""
        from churn_assets.registry.history import History

        return History(self.registry())
