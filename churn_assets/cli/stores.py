"""`churn-assets stores`: where everything but files is kept; made where it is missing, carried over where asked."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import typer

from churn_assets.databases.address import is_postgresql, shown
from churn_assets.errors import ChurnAssetsError, StoreError
from churn_assets.settings import Settings


@dataclass(frozen=True)
class Store:
    """One of the three: what it holds, where it is, what makes it, and what carries it over from another home."""

    name: str
    address: str
    make: Callable[[], None]
    copy: Callable[[Path], int]


def show_stores(settings: Settings) -> None:
    """Make the stores where they are missing, and say where each is; ends with 1 if one cannot be used."""
    troubles = list[str]()
    for store in _stores(settings):
        state = "ready"
        try:
            store.make()
        except ChurnAssetsError as error:
            state = "cannot be used"
            troubles.append(str(error))
        typer.echo(f"{store.name:<17}  {state:<14}  {store.address}")
    if troubles:
        raise StoreError("\n".join(troubles))


def copy_stores(settings: Settings, home: Path) -> None:
    """Carry the SQLite stores of a home over into the PostgreSQL of the settings, and say how much that was.

    StoreError, before anything is copied, unless all three are on PostgreSQL.
    """
    stores = list(_stores(settings))
    for store in stores:
        if not is_postgresql(store.address):
            raise StoreError(f"{store.name} is at {store.address}: set CHURN_DATABASE_URL to where it is to be copied.")
    for store in stores:
        typer.echo(f"{store.name}: {store.copy(home):,} rows copied to {store.address}")


def _stores(settings: Settings) -> Iterator[Store]:
    history = settings.history_url or f"sqlite:///{settings.dagster_home.resolve()}/storage"
    tracking = settings.tracking_url or f"sqlite:///{settings.mlflow_home.resolve()}/mlflow.db"
    predictions = settings.prediction_store_url
    yield Store("Dagster's history", shown(history), lambda: _open_history(settings), lambda h: _history(settings, h))
    yield Store("MLflow", shown(tracking), lambda: _open_tracking(settings), lambda h: _tracking(settings, h))
    yield Store(
        "prediction store", shown(predictions), lambda: _open_predictions(settings), lambda h: _predictions(settings, h)
    )


def _open_history(settings: Settings) -> None:
    from churn_assets.resources.instance import open_instance

    with open_instance(settings):
        pass


def _open_tracking(settings: Settings) -> None:
    from churn_assets.registry.tracking import prepare, tracking_of

    prepare(tracking_of(settings))


def _open_predictions(settings: Settings) -> None:
    from churn_assets.serving.store import open_store

    settings.home.mkdir(parents=True, exist_ok=True)
    open_store(settings.prediction_store_url).close()


def _history(settings: Settings, home: Path) -> int:
    from churn_assets.resources.history_copy import copy_history

    return copy_history(home / ".dagster" / "storage", settings)


def _tracking(settings: Settings, home: Path) -> int:
    from churn_assets.registry.copying import copy_tracking

    return copy_tracking(home / "mlflow", settings.mlflow_home, str(settings.tracking_url))


def _predictions(settings: Settings, home: Path) -> int:
    from churn_assets.serving.copying import copy_store

    return copy_store(home / "predictions.db", settings.prediction_store_url)
