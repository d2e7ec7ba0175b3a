"""Where artefacts lie, as MLflow's database says: absolute addresses, which must move with a folder that is moved."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from churn_assets.registry.artifact_store import is_remote

if TYPE_CHECKING:
    from churn_assets.registry.tracking import Tracking

ADDRESSES = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)
"""Every column of MLflow's database that holds the address of artefacts; the first says where new ones go."""


def relocate(tracking: "Tracking", experiment: str) -> None:
    """Let the database of `tracking` say where its artefacts lie today, in one transaction; nothing if it does.

    Those in a folder lie where the database does, if both were moved (or copied) together. Those that an object store
    is told to take are yet to come: what was logged before stays where it lies, and is found there. A store that the
    database knows of stays the place where nobody names another. `experiment` is one whose address tells the root.
    """
    root = tracking.artifact_root
    if root is None:
        return
    found = tracking.client().get_experiment_by_name(experiment)
    before = found.artifact_location.removesuffix(f"/{experiment}") if found else root
    if before == root:
        return
    if is_remote(root):
        direct(tracking.url, before, root)
    elif not is_remote(before) and _is_beside(tracking):
        move(tracking.url, before, root)


def _is_beside(tracking: "Tracking") -> bool:
    """Whether the database lies in the folder of its artefacts."""
    return tracking.database is not None and tracking.database.parent == tracking.folder


def direct(url: str, before: str, after: str) -> None:
    """Let what is logged from now on go below another root, in one transaction; nothing that is there moves."""
    _replace(url, before, after, ADDRESSES[:1])


def move(url: str, before: str, after: str) -> None:
    """Let MLflow's database say that what lay below one root lies below another, in one transaction."""
    _replace(url, before, after, ADDRESSES)


def _replace(url: str, before: str, after: str, columns: Sequence[tuple[str, str]]) -> None:
    import sqlalchemy as sa

    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        for table, name in columns:
            column: sa.ColumnClause[str] = sa.column(name)
            beginning = sa.func.substr(column, 1, len(before) + 1) == f"{before}/"
            moved = sa.literal(after).concat(sa.func.substr(column, len(before) + 1))
            connection.execute(sa.update(sa.table(table, column)).where(beginning).values({name: moved}))
