"""MLflow's database carried over from a SQLite file; artefacts stay where they are, or were moved with the home."""

from pathlib import Path

from churn_assets.databases.copying import copy_all, reading, replacing
from churn_assets.errors import RegistryError
from churn_assets.registry.registry import ModelRegistry
from churn_assets.registry.relocation import move
from churn_assets.registry.tracking import prepare, tracking_below


def copy_tracking(before: Path, folder: Path, url: str) -> int:
    """Copy MLflow's SQLite file in the folder `before` into the empty database at `url`; how many rows there are.

    Runs, versions, aliases and decisions are there afterwards as they were. Their artefacts are taken to lie below
    `folder` if that holds any, else where they lay. RegistryError if versions are there already; 0 if there is no file.
    """
    if url.startswith(("http://", "https://")):
        raise RegistryError(
            "Copy into the database of the MLflow server: set CHURN_MLFLOW_URL to its address meanwhile."
        )
    after, file = prepare(tracking_below(folder, url)), before / "mlflow.db"
    if not file.exists():
        return 0
    old = prepare(tracking_below(before))
    if ModelRegistry(after).versions():
        raise RegistryError(f"MLflow at {after.name} has versions already: nothing was copied. Name an empty database.")
    with reading(file) as source, replacing(after.url) as target:
        copied = copy_all(source, target)
    if (folder / "artifacts").is_dir():
        move(after.url, str(old.artifact_root), str(after.artifact_root))
    return copied
