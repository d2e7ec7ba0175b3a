"""The MLflow store as a Dagster resource that loads MLflow only where it is used."""

from pathlib import Path
from typing import TYPE_CHECKING, Self

import dagster as dg

from churn_assets.settings import Settings

if TYPE_CHECKING:
    from churn_assets.registry.history import History
    from churn_assets.registry.registry import ModelRegistry, ModelVersion
    from churn_assets.registry.tracking import Tracking


class ModelStoreResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Tracking and registry: the server or database at `url`, or SQLite below `folder`; artefacts below `artifacts`.

    What Dagster takes for configuration is shown in the UI and passed on in command lines; the URL may hold a password.
    """

    folder: str
    artifacts: str | None = None
    url: dg.ResourceDependency[str | None] = None  # type: ignore[assignment]  # Dagster gives the value itself

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The store that the settings describe."""
        return cls(folder=str(settings.mlflow_home), artifacts=settings.mlflow_artifacts, url=settings.tracking_url)

    def tracking(self) -> "Tracking":
        """The store, set up if it was not."""
        from churn_assets.registry.tracking import prepare

        return prepare(self._tracking())

    def champion(self) -> "ModelVersion | None":
        """Today's champion; a store that nothing was ever written to is not set up to look."""
        from churn_assets.registry.registry import CHAMPION

        registry = self.registry_if_there()
        return registry.find(CHAMPION) if registry.tracking.is_there() else None

    def registry_if_there(self) -> "ModelRegistry":
        """The registered model `churn`, to look at: nothing is set up, and one that is not there raises when used."""
        from churn_assets.registry.registry import ModelRegistry

        return ModelRegistry(self._tracking())

    def registry(self) -> "ModelRegistry":
        """The registered model `churn`."""
        from churn_assets.registry.registry import ModelRegistry

        return ModelRegistry(self.tracking())

    def history(self) -> "History":
        """The decisions about the champion."""
        from churn_assets.registry.history import History

        return History(self.registry())

    def _tracking(self) -> "Tracking":
        from churn_assets.registry.tracking import tracking_below

        return tracking_below(Path(self.folder), self.url, self.artifacts)
