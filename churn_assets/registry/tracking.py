"""Where MLflow keeps runs, models and aliases, and its set-up: once, idempotent, safe for several processes."""

import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from churn_assets.errors import RegistryError
from churn_assets.registry.lock import exclusive
from churn_assets.registry.relocation import relocate

if TYPE_CHECKING:
    from mlflow import MlflowClient

MODEL = "churn"
SQLITE = "sqlite:///"
EXPERIMENT = "churn"
DECISIONS = "churn-decisions"
MONITORING = "churn-monitoring"
QUIET = {
    "DO_NOT_TRACK": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_UV_AUTO_DETECT": "false",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
}


@dataclass(frozen=True)
class Tracking:
    """An MLflow store: its URL, the root of artefacts (None: the server decides) and the folder of our lock."""

    url: str
    artifact_root: str | None
    folder: Path

    @property
    def is_server(self) -> bool:
        """Whether a server answers, rather than a database opened by this process."""
        return self.url.startswith(("http://", "https://"))

    @property
    def database(self) -> Path | None:
        """The SQLite file, if that is what the store is."""
        return Path(self.url.removeprefix(SQLITE)) if self.url.startswith(SQLITE) else None

    def client(self) -> "MlflowClient":
        """A client of this store alone, whatever MLflow's global state says; RegistryError if it was never prepared."""
        if self.database is not None and not self.database.exists():
            message = f"There is no MLflow store at {self.database}: call churn_assets.registry.tracking.prepare first."
            raise RegistryError(message)
        return _client(self.url)

    def experiment_id(self, name: str = EXPERIMENT) -> str:
        """Id of the experiment `name`; RegistryError if the store was never prepared."""
        found = self.client().get_experiment_by_name(name)
        if found is None:
            message = (
                f"MLflow at {self.url} has no experiment {name!r}: call churn_assets.registry.tracking.prepare first."
            )
            raise RegistryError(message)
        return str(found.experiment_id)

    def run_page(self, run_id: str, experiment: str = EXPERIMENT) -> str:
        """Address of a run in the MLflow UI; for a local database, the address that `mlflow ui` gives it."""
        host = self.url.rstrip("/") if self.is_server else "http://127.0.0.1:5000"
        return f"{host}/#/experiments/{self.experiment_id(experiment)}/runs/{run_id}"


def tracking_below(folder: Path, url: str | None = None) -> Tracking:
    """The store at `url` (a server or a database), or SQLite below `folder`; nothing is created yet.

    RegistryError for a folder or `file:` URL, MLflow's deprecated file store.
    """
    folder = folder.resolve()
    url = url or f"{SQLITE}{folder / 'mlflow.db'}"
    if "://" not in url or url.startswith("file:"):
        message = (
            f"{url!r} is MLflow's deprecated file store: set CHURN_MLFLOW_URL to a server (http://…) or a database URL."
        )
        raise RegistryError(message)
    is_server = url.startswith(("http://", "https://"))
    return Tracking(url, None if is_server else (folder / "artifacts").as_uri(), folder)


def prepare(tracking: Tracking) -> Tracking:
    """Create the database, the experiments and the registered model where they are missing.

    A store whose folder was moved or copied is made to speak of where it lies now.
    MLflow's own set-up breaks when two processes run it at once, and stays broken when it is killed in the middle:
    hence the lock, and a database that is built beside and renamed.
    """
    from sqlalchemy.exc import SQLAlchemyError

    with exclusive(tracking.folder / "set-up.lock"):
        try:
            _ensure_database(tracking)
            relocate(tracking, EXPERIMENT)
            _ensure_contents(tracking)
        except (SQLAlchemyError, OSError) as error:
            raise _unusable(tracking, error) from error
    return tracking


def _ensure_database(tracking: Tracking) -> None:
    if tracking.database is None or tracking.database.exists():
        return
    beside = tracking.database.with_suffix(f".{os.getpid()}.tmp")
    beside.unlink(missing_ok=True)
    _client(f"{SQLITE}{beside}").search_registered_models(max_results=1)
    beside.replace(tracking.database)


def _ensure_contents(tracking: Tracking) -> None:
    client = tracking.client()
    from mlflow.exceptions import MlflowException

    try:
        for name in (EXPERIMENT, DECISIONS, MONITORING):
            if client.get_experiment_by_name(name) is None:
                root = tracking.artifact_root
                client.create_experiment(name, artifact_location=None if root is None else f"{root}/{name}")
        if not client.search_registered_models(f"name = '{MODEL}'"):
            client.create_registered_model(MODEL, description="Which listeners are about to leave.")
    except MlflowException as error:
        # Another machine set up the same server a moment ago: what we wanted is there.
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise _unusable(tracking, error) from error
        _ensure_contents(tracking)


def _unusable(tracking: Tracking, error: Exception) -> RegistryError:
    return RegistryError(
        f"MLflow at {tracking.url} cannot be used ({error}): check CHURN_MLFLOW_URL and that it answers; "
        f"a database of another MLflow release is mended with `mlflow db upgrade {tracking.url}`."
    )


def _client(url: str) -> "MlflowClient":
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    # Alembic logs each of some eighty migrations.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=url, registry_uri=url)
