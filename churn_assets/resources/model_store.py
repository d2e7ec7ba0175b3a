"""The MLflow store as a Dagster resource that loads MLflow only where it is used."""

from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from churn_assets.registry.history import History
    from churn_assets.registry.registry import ModelRegistry, ModelVersion
    from churn_assets.registry.tracking import Tracking


class ModelStoreResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Tracking and registry: the server or database at `url`, or SQLite below `folder`.

    What Dagster takes for configuration is shown in the UI and passed on in command lines; the URL may hold a password.
    """

    folder: str
    url: dg.ResourceDependency[str | None] = None  # type: ignore[assignment]  # Dagster gives the value itself

    def tracking(self) -> "Tracking":
        """The store, set up if it was not."""
        from churn_assets.registry.tracking import prepare, tracking_below

        return prepare(tracking_below(Path(self.folder), self.url))

    def champion(self) -> "ModelVersion | None":
        """Today's champion; a store that nothing was ever written to is not set up to look."""
        from churn_assets.registry.registry import CHAMPION

        registry = self.registry_if_there()
        return registry.find(CHAMPION) if registry.tracking.is_there() else None

    def registry_if_there(self) -> "ModelRegistry":
        """The registered model `churn`, to look at: nothing is set up, and one that is not there raises when used."""
        from churn_assets.registry.registry import ModelRegistry
        from churn_assets.registry.tracking import tracking_below

        return ModelRegistry(tracking_below(Path(self.folder), self.url))

    def registry(self) -> "ModelRegistry":
        """The registered model `churn`."""
        from churn_assets.registry.registry import ModelRegistry

        return ModelRegistry(self.tracking())

    def history(self) -> "History":
        """The decisions about the champion."""
        from churn_assets.registry.history import History

        return History(self.registry())
