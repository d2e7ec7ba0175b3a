"""Versions of the churn model, the aliases `champion` and `challenger`, and loading what they point to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import unquote, urlparse

from churn_assets.errors import NoChampionError, RegistryError
from churn_assets.registry.artifact import Artifact, Parts, pack
from churn_assets.registry.artifact_store import reaching
from churn_assets.registry.download import Download
from churn_assets.registry.manifest import checksums, digest_of, refusal
from churn_assets.registry.notice import Notice
from churn_assets.registry.pyfunc import FOLDER, wrap
from churn_assets.registry.tracking import MODEL, Tracking

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion as MlflowVersion

    from churn_assets.training.model import ChurnModel

CHAMPION = "champion"
CHALLENGER = "challenger"
DIGEST = "churn.digest"
FINGERPRINT = "churn.fingerprint"
RUNG = "churn.rung"
LAST_LABEL_DAY = "churn.last_label_day"
DATA_CLOCK = "churn.data_clock"
CODE_VERSION = "churn.code_version"
TRAINING_SET_RUN = "churn.training_set.dagster_run"
TRAINING_SET_VERSION = "churn.training_set.data_version"
LONGEST_DESCRIPTION = 5_000
MLFLOW_NOTE = "registered_model_meta"
UNKNOWN = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")


@dataclass(frozen=True)
class ModelVersion:
    """One version of the registered model `churn`; `number` is the registry's name of it, as text.

    `data_clock` says how far the log had landed when it was trained; versions of early releases do not know it.
    """

    number: str
    run_id: str
    source: str
    digest: str
    fingerprint: str
    rung: str
    last_label_day: date
    created_at: datetime
    aliases: tuple[str, ...]
    data_clock: date | None = None

    @classmethod
    def of(cls, version: "MlflowVersion") -> Self:
        """Our view of MLflow's version; RegistryError if something else registered it."""
        tags = version.tags
        try:
            return cls(
                number=str(version.version),
                run_id=version.run_id or "",
                source=version.source or "",
                digest=tags[DIGEST],
                fingerprint=tags[FINGERPRINT],
                rung=tags[RUNG],
                last_label_day=date.fromisoformat(tags[LAST_LABEL_DAY]),
                created_at=datetime.fromtimestamp(version.creation_timestamp / 1000, UTC),
                aliases=tuple(version.aliases),
                data_clock=date.fromisoformat(tags[DATA_CLOCK]) if DATA_CLOCK in tags else None,
            )
        except KeyError as error:
            message = (
                f"Version {version.version} of {MODEL!r} lacks the tag {error}: it was not registered by churn_assets."
            )
            raise RegistryError(message) from error


@dataclass(frozen=True)
class LoadedModel:
    """A verified model, ready to score, with what travels with it; the reference is read when asked for."""

    version: ModelVersion
    model: "ChurnModel"
    artifact: Artifact


@dataclass(frozen=True)
class ModelRegistry:
    """The registered model `churn` in an MLflow store that `tracking.prepare` has set up."""

    tracking: Tracking

    def register(self, parts: Parts, *, run_id: str, data_versions: dict[str, str]) -> ModelVersion:
        """Store `parts` as a new version, logged with the run `run_id`, and make it the challenger.

        `data_versions` (code version, asset materialisations, …) become tags of the version. The version appears
        after its files are complete.
        """
        client = self.tracking.client()
        logged = client.create_logged_model(self.tracking.experiment_id(), f"{MODEL}-{parts.model.rung}", run_id)
        with TemporaryDirectory() as scratch:
            packed, wrapped = Path(scratch) / FOLDER, Path(scratch) / "mlflow"
            pack(parts, packed)
            location = logged.artifact_location
            wrap(packed, wrapped, model=parts.model, model_id=logged.model_id, run_id=run_id, artifact_path=location)
            with reaching(location, "written"):
                client.log_model_artifacts(logged.model_id, str(wrapped))
            tags = _tags(parts.model, tree_digest(wrapped)) | data_versions
        client.finalize_logged_model(logged.model_id, "READY")
        _show_in_run(client, run_id, logged.model_id)
        created = client.create_model_version(
            MODEL, location, run_id, tags, description=parts.card[:LONGEST_DESCRIPTION], model_id=logged.model_id
        )
        self.point(CHALLENGER, str(created.version))
        return self.version(str(created.version))

    def point(self, alias: str, number: str) -> None:
        """Move `alias` to version `number`, in one transaction of the store; who serves from this home is told."""
        self.tracking.client().set_registered_model_alias(MODEL, alias, number)
        if alias == CHAMPION:
            Notice.of(self.tracking).give()

    def version(self, number: str) -> ModelVersion:
        """Version `number`; RegistryError if there is none."""
        from mlflow.exceptions import MlflowException

        try:
            return ModelVersion.of(self.tracking.client().get_model_version(MODEL, number))
        except MlflowException as error:
            if error.error_code not in UNKNOWN:
                raise
            known = ", ".join(version.number for version in self.versions()) or "none yet"
            message = f"There is no version {number!r} of the model {MODEL!r}; registered: {known}."
            raise RegistryError(message) from error

    def tags(self, version: ModelVersion) -> Mapping[str, str]:
        """Every tag of a version: what it is, and the versions of code and data that it was made from."""
        return dict(self.tracking.client().get_model_version(MODEL, version.number).tags)

    def versions(self) -> list[ModelVersion]:
        """Every registered version, the newest first."""
        found = self.tracking.client().search_model_versions(f"name = '{MODEL}'")
        ordered = sorted(found, key=lambda version: int(version.version), reverse=True)
        return [self.version(str(version.version)) for version in ordered]

    def find(self, alias: str) -> ModelVersion | None:
        """The version that `alias` points to, or None."""
        from mlflow.exceptions import MlflowException

        try:
            return ModelVersion.of(self.tracking.client().get_model_version_by_alias(MODEL, alias))
        except MlflowException as error:
            if error.error_code not in UNKNOWN:
                raise
            return None

    def champion(self) -> ModelVersion:
        """The promoted version; NoChampionError before the first promotion."""
        found = self.find(CHAMPION)
        if found is None:
            message = (
                "No model has been promoted yet: run `churn-assets run` (or materialise champion_model). If a "
                "challenger was refused, `churn-assets model` says why."
            )
            raise NoChampionError(message)
        return found

    def challenger(self) -> ModelVersion:
        """The version trained last; RegistryError before the first training."""
        found = self.find(CHALLENGER)
        if found is None:
            message = "No model has been trained yet: run `churn-assets run` (or materialise challenger_model)."
            raise RegistryError(message)
        return found

    def load(self, version: ModelVersion) -> LoadedModel:
        """Verify, then deserialise `version`; raises like `open`."""
        artifact = self.open(version)
        return LoadedModel(version, artifact.model(), artifact)

    def open(self, version: ModelVersion) -> Artifact:
        """Verify `version`, deserialising nothing; ArtifactError if a single byte is not what was registered.

        RegistryError if its files lie on a server or in an object store that does not give them.
        """
        folder, download = self._fetch(version)
        artifact = Artifact.open(folder / "data" / FOLDER, download)
        if tree_digest(folder) != version.digest:
            raise refusal(folder, f"its files do not match the digest registered with version {version.number}")
        return artifact

    def _fetch(self, version: ModelVersion) -> tuple[Path, Download | None]:
        """The folder of `version`: where it lies on this machine, or in a download."""
        url = urlparse(version.source)
        if url.scheme in ("", "file"):
            return Path(unquote(url.path)), None
        from mlflow.artifacts import download_artifacts

        download, store = Download(), self.tracking.url
        with reaching(version.source, "fetched"):
            folder = download_artifacts(artifact_uri=version.source, dst_path=str(download.folder), tracking_uri=store)
        return Path(folder), download


def tree_digest(folder: Path) -> str:
    """SHA-256 over the names and contents of every file below `folder`.

    The one file left out is the note that MLflow itself leaves beside a local model whenever somebody loads it by its
    registered name; our own loader never reads it.
    """
    return digest_of({name: found for name, found in checksums(folder).items() if name != MLFLOW_NOTE})


def _tags(model: "ChurnModel", digest: str) -> dict[str, Any]:
    return {
        DIGEST: digest,
        FINGERPRINT: model.schema.fingerprint,
        RUNG: model.rung,
        LAST_LABEL_DAY: model.last_label_day.isoformat(),
    }


def _show_in_run(client: Any, run_id: str, model_id: str) -> None:
    from mlflow.entities import LoggedModelOutput

    client.log_outputs(run_id, [LoggedModelOutput(model_id, step=0)])
