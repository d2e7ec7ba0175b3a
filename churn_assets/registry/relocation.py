"""A local MLflow store whose folder was moved: MLflow keeps absolute addresses, which must move with it."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from churn_assets.registry.tracking import Tracking

ADDRESSES = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)
"""Every column of MLflow's database that holds the address of an artefact."""


def relocate(tracking: "Tracking", experiment: str) -> None:
    """Let the database of `tracking` say where its artefacts lie today, in one transaction; nothing if it does.

    Only where the database lies in the folder of its artefacts, so that both were moved (or copied) together.
    `experiment` is one whose address tells what the root was.
    """
    database, root = tracking.database, tracking.artifact_root
    if database is None or root is None or database.parent != tracking.folder:
        return
    found = tracking.client().get_experiment_by_name(experiment)
    before = found.artifact_location.removesuffix(f"/{experiment}") if found else root
    if before != root:
        move(tracking.url, before, root)


def move(url: str, before: str, after: str) -> None:
    """Let MLflow's database say that what lay below one root lies below another, in one transaction."""
    import sqlalchemy as sa

    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        for table, name in ADDRESSES:
            column: sa.ColumnClause[str] = sa.column(name)
            beginning = sa.func.substr(column, 1, len(before) + 1) == f"{before}/"
            moved = sa.literal(after).concat(sa.func.substr(column, len(before) + 1))
            connection.execute(sa.update(sa.table(table, column)).where(beginning).values({name: moved}))
