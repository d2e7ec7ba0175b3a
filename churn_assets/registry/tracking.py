"""Where MLflow keeps runs, models and aliases, and its set-up: once, idempotent, safe for several processes."""

import logging
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from churn_assets.databases import setting_up
from churn_assets.databases.address import is_postgresql, shown, through
from churn_assets.errors import RegistryError, SettingsError
from churn_assets.registry.artifact_store import require_store
from churn_assets.registry.lock import exclusive
from churn_assets.registry.relocation import relocate
from churn_assets.settings import Settings

if TYPE_CHECKING:
    from mlflow import MlflowClient

MODEL = "churn"
SQLITE = "sqlite:///"
EXPERIMENT = "churn"
DECISIONS = "churn-decisions"
MONITORING = "churn-monitoring"
PLACE = "CHURN_MLFLOW_ARTIFACTS"
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

    url: str = field(repr=False)
    artifact_root: str | None
    folder: Path

    @property
    def name(self) -> str:
        """The store as it may be shown: without its password."""
        return shown(self.url)

    @property
    def is_server(self) -> bool:
        """Whether a server answers, rather than a database opened by this process."""
        return self.url.startswith(("http://", "https://"))

    @property
    def database(self) -> Path | None:
        """The SQLite file, if that is what the store is."""
        return Path(self.url.removeprefix(SQLITE)) if self.url.startswith(SQLITE) else None

    def is_there(self) -> bool:
        """Whether the store was set up; a look never makes one. A server is taken to be: it sets itself up.

        RegistryError if a database does not answer.
        """
        if self.database is not None:
            return self.database.exists()
        return self.is_server or _is_set_up(self)

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
                f"MLflow at {self.name} has no experiment {name!r}: call churn_assets.registry.tracking.prepare first."
            )
            raise RegistryError(message)
        return str(found.experiment_id)

    def run_page(self, run_id: str, experiment: str = EXPERIMENT) -> str:
        """Address of a run in the MLflow UI; for a local database, the address that `mlflow ui` gives it."""
        host = self.url.rstrip("/") if self.is_server else "http://127.0.0.1:5000"
        return f"{host}/#/experiments/{self.experiment_id(experiment)}/runs/{run_id}"


def tracking_of(settings: Settings) -> Tracking:
    """The store of the settings, as `tracking_below` gives it."""
    return tracking_below(settings.mlflow_home, settings.tracking_url, settings.mlflow_artifacts)


def tracking_below(folder: Path, url: str | None = None, artifacts: str | None = None) -> Tracking:
    """The store at `url` (a server or a database), or SQLite below `folder`; nothing is created yet.

    Artefacts go to `artifacts`, the URL of an object store, else below `folder`; a server has a place of its own.
    RegistryError for a folder or `file:` URL, MLflow's deprecated file store. SettingsError for `artifacts` that name
    no object store, or stand beside a server.
    """
    folder = folder.resolve()
    url = url or f"{SQLITE}{folder / 'mlflow.db'}"
    if "://" not in url or url.startswith("file:"):
        message = (
            f"{shown(url)!r} is MLflow's deprecated file store: set CHURN_MLFLOW_URL to a server (http://…) or a "
            "database URL."
        )
        raise RegistryError(message)
    if is_postgresql(url):
        url = through(url, "psycopg")
    return Tracking(url, _artifact_root(folder, url, artifacts), folder)


def _artifact_root(folder: Path, url: str, artifacts: str | None) -> str | None:
    is_server = url.startswith(("http://", "https://"))
    if artifacts is None:
        return None if is_server else (folder / "artifacts").as_uri()
    if is_server:
        message = (
            f"{PLACE} is set beside the MLflow server {shown(url)}, which keeps artefacts where it was told to: unset "
            "it, and start the server with --artifacts-destination."
        )
        raise SettingsError(message)
    return require_store(PLACE, artifacts)


def prepare(tracking: Tracking) -> Tracking:
    """Create the database, the experiments and the registered model where they are missing.

    A store whose folder was moved or copied is made to speak of where it lies now; what is logged from now on goes to
    the object store of `tracking`, if it names one.
    MLflow's own set-up breaks when two processes run it at once, and in SQLite stays broken when it is killed in the
    middle: hence the locks, and a database that is built beside and renamed. A PostgreSQL keeps out other machines too.
    """
    _be_quiet()
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    with exclusive(tracking.folder / "set-up.lock"):
        try:
            with setting_up.alone(tracking.url):
                _ensure_database(tracking)
                relocate(tracking, EXPERIMENT)
                _ensure_contents(tracking)
        except (SQLAlchemyError, OSError, MlflowException) as error:
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


def _is_set_up(tracking: Tracking) -> bool:
    """Whether a database holds the registered model, which is made last."""
    import sqlalchemy as sa

    name: sa.ColumnClause[str] = sa.column("name")
    models = sa.table("registered_models", name)
    engine = sa.create_engine(tracking.url, poolclass=sa.NullPool)
    try:
        with engine.connect() as connection:
            is_there = sa.inspect(connection).has_table(models.name)
            query = sa.select(sa.func.count()).select_from(models).where(name == MODEL)
            return is_there and bool(connection.execute(query).scalar())
    except sa.exc.SQLAlchemyError as error:
        raise _unusable(tracking, error) from error


def _unusable(tracking: Tracking, error: Exception) -> RegistryError:
    return RegistryError(
        f"MLflow at {tracking.name} cannot be used ({error}): check CHURN_MLFLOW_URL or CHURN_DATABASE_URL and that it "
        f"answers; a database of another MLflow release is mended with `mlflow db upgrade {tracking.name}`."
    )


def _client(url: str) -> "MlflowClient":
    _be_quiet()
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=url, registry_uri=url)


def _be_quiet() -> None:
    """Tell MLflow what to leave unsaid: by the environment where it is yet to be imported, else its logger."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    # Alembic logs each of some eighty migrations, MLflow that it makes its tables.
    for name in ("alembic", "mlflow"):
        logging.getLogger(name).setLevel(logging.WARNING)
