"""A code location whose first promotion fails, as a database that is away for a moment would make it fail."""

from pathlib import Path
from typing import TYPE_CHECKING

from churn_assets.definitions import build_defs
from churn_assets.errors import RegistryError
from churn_assets.resources.model_store import ModelStoreResource
from churn_assets.settings import Settings

if TYPE_CHECKING:
    from churn_assets.registry.history import History

SETTINGS = Settings()
FAILED = "failed-once"


class FlakyModels(ModelStoreResource):
    """Models whose history cannot be reached the first time."""

    def history(self) -> "History":
        """The history; RegistryError at the first call, which leaves the file FAILED behind."""
        marker = Path(self.folder).parent / FAILED
        if not marker.exists():
            marker.touch()
            raise RegistryError("The database is away for a moment.")
        return super().history()


defs = build_defs(SETTINGS, resources={"models": FlakyModels(folder=str(SETTINGS.mlflow_home))})
