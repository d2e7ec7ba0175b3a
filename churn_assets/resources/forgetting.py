"""Every place of a home that may hold a listener, Dagster's own history among them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlparse

import dagster as dg

from churn_assets.databases.address import shown
from churn_assets.errors import ForgettingError
from churn_assets.forgetting.arrivals import ManifestPlace
from churn_assets.forgetting.databases import DatabasePlace, files_of
from churn_assets.forgetting.evaluations import EvaluationsPlace
from churn_assets.forgetting.files import FilesPlace
from churn_assets.forgetting.forgetting import Proof, alone, counted, forget
from churn_assets.forgetting.journal import Journal
from churn_assets.forgetting.landing import LandingPlace
from churn_assets.forgetting.left_overs import LeftOversPlace, OldCopiesPlace
from churn_assets.forgetting.listener import Listener
from churn_assets.forgetting.misses import Known
from churn_assets.forgetting.models import ModelsPlace
from churn_assets.forgetting.store import StorePlace
from churn_assets.forgetting.tables import tables_of
from churn_assets.lake.bucket import Bucket
from churn_assets.lake.lake import Lake
from churn_assets.resources.model_store import ModelStoreResource
from churn_assets.resources.runs import in_flight, report_abandoned
from churn_assets.resources.storage import LandingResource
from churn_assets.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from churn_assets.forgetting.place import Place
    from churn_assets.registry.registry import ModelRegistry

LOCAL = "file://"


@dataclass(frozen=True, eq=False)
class Forgetting:
    """The forgetting of one listener in the home of some settings."""

    settings: Settings
    instance: dg.DagsterInstance
    user: str

    @property
    def journal(self) -> Journal:
        """What is pending in the home."""
        return Journal(self.settings.home)

    @cached_property
    def listener(self) -> Listener:
        """Who is to be forgotten."""
        if not self.user.strip():
            raise ForgettingError("Name the listener: an empty `userId` is every visitor's.")
        return Listener(self.user)

    @cached_property
    def lake(self) -> Lake:
        """The lake of the settings."""
        return Lake.of(self.settings)

    @cached_property
    def known(self) -> Known:
        """The listener's features, by which misses are told; looked up before they are removed."""
        return Known.of(self.lake, self.user)

    @cached_property
    def registry(self) -> "ModelRegistry | None":
        """The models, where they were set up and their database can be written to."""
        models = ModelStoreResource.of(self.settings)
        tracking = models.registry_if_there().tracking
        if tracking.is_server or not tracking.is_there():
            return None
        return models.registry()

    def unreached(self) -> Iterator[str]:
        """In words, what this command cannot look into."""
        url = self.settings.tracking_url or ""
        if url.startswith("http"):
            yield (
                f"The MLflow server {shown(url)}: its models' reference rows and its artefacts. Run this where its "
                "database and artefacts can be written to, with CHURN_MLFLOW_URL as the database's URL."
            )
        elif self.registry is not None:
            remote = [version.number for version in self.registry.versions() if not _is_here(version.source)]
            if remote:
                yield f"Artefacts of model versions {', '.join(remote)}, which lie in a bucket or on another machine."

        yield from self._unreached_of_lake()
        closed = self._files().closed()
        if closed:
            yield f"{len(closed)} packed files that nothing of ours has written: {', '.join(map(str, closed[:3]))}."

    def _unreached_of_lake(self) -> Iterator[str]:
        root = self.lake.root
        if not isinstance(root, Bucket):
            return
        yield (
            f"Copies of the lake {root} on other machines: delete `lake-copies` below their homes, or let them be "
            "removed as they read on."
        )
        if root.keeps_versions():
            yield f"Older versions of objects, which the bucket of {root} keeps, or may keep: let its rules end them."

    def count(self) -> "Mapping[str, int]":
        """What each place holds of the listener; nothing is changed."""
        return counted(self.places)

    def carry_out(self) -> Proof:
        """Forget the listener; ForgettingError while anything else runs, or if something was written meanwhile."""
        with alone(self.journal):
            is_resumed = self.journal.user is not None
            self.journal.begin(self.user, datetime.now(UTC))
            try:
                self._require_quiet()
            except ForgettingError:
                if not is_resumed:
                    self.journal.end()
                raise
            return forget(self.journal, self.user, self.places, at=datetime.now(UTC))

    def _require_quiet(self) -> None:
        """ForgettingError while a run is in flight; with the journal there, none of ours begins."""
        report_abandoned(self.instance)
        runs = in_flight(self.instance)
        if runs:
            shown = ", ".join(f"{run.job_name} {run.run_id}" for run in runs[:3])
            message = (
                f"{len(runs)} run{'s are' if len(runs) > 1 else ' is'} in flight ({shown}), which may write what is "
                "removed: wait until it has ended, or cancel it in Dagster, and run this again."
            )
            raise ForgettingError(message)

    def places(self) -> "Sequence[Place]":
        """Every place, in the order in which they are cleared.

        Models come first, as their misses are told by features; Dagster's history last, as it learns the versions of
        all that was written before.
        """
        models = [] if self.registry is None else self._models(self.registry)
        home, landing = self.settings.home, LandingResource.of(self.settings)
        return [
            *models,
            StorePlace(self.settings.prediction_store_url, self.listener),
            LandingPlace(landing.url, self.listener),
            *tables_of(self.lake, self.listener),
            ManifestPlace(lambda: landing.arrivals(self.lake), self.lake),
            *self._copies(),
            LeftOversPlace([self.lake.store.staging, home / "spill"], [*self._local_landing(), home]),
            self._files(),
            self._history(),
        ]

    def _copies(self) -> "Sequence[Place]":
        root = self.lake.root
        return [OldCopiesPlace(root)] if isinstance(root, Bucket) else []

    def _models(self, registry: "ModelRegistry") -> "Sequence[Place]":
        models = ModelsPlace(registry, self.listener, self.known)
        folder, url = registry.tracking.folder, registry.tracking.url
        roots = [root.parent for root in models.roots]
        return [
            models,
            EvaluationsPlace(folder, roots, self.known),
            DatabasePlace("MLflow's database", (url,), self.listener),
        ]

    def _files(self) -> FilesPlace:
        """Reports, artefacts, logs and everything else below the home, and below Dagster's if that lies elsewhere."""
        roots = [] if self.registry is None else ModelsPlace(self.registry, self.listener, self.known).roots
        others = [self.lake.folder, *self._local_landing(), *(root.parent for root in roots)]
        return FilesPlace("reports and other files", [self.settings.home, *self._logs()], others, self.listener)

    def _logs(self) -> list[Path]:
        """The folder of Dagster's compute logs, if it lies outside of the home."""
        folder = getattr(self.instance.compute_log_manager, "_base_dir", None)
        is_apart = folder is not None and self.settings.home.resolve() not in Path(folder).resolve().parents
        return [Path(folder)] if folder is not None and is_apart else []

    def _local_landing(self) -> list[Path]:
        url = self.settings.landing_url
        return [] if "://" in url and not url.startswith(LOCAL) else [Path(url.removeprefix(LOCAL))]

    def _history(self) -> DatabasePlace:
        return DatabasePlace("Dagster's history", history_urls(self.instance), self.listener, tells_versions=True)


def _is_here(source: str) -> bool:
    """Whether the files of a model lie on this machine: a database on a server may tell of another machine's."""
    url = urlparse(source)
    return url.scheme in ("", "file") and Path(unquote(url.path)).is_dir()


def history_urls(instance: dg.DagsterInstance) -> tuple[str, ...]:
    """SQLAlchemy URLs of the databases that Dagster's history is in: one server, or SQLite files."""
    storages = (instance.run_storage, instance.event_log_storage, instance.schedule_storage)
    urls = {str(vars(one)[name]) for one in storages for name in ("postgres_url", "_conn_string") if name in vars(one)}
    folders = (Path(vars(one)["_base_dir"]) for one in storages if "_base_dir" in vars(one))
    urls |= {f"sqlite:///{file.resolve()}" for folder in folders for file in files_of(folder)}
    return tuple(sorted(urls))
