"""A watched champion, made from a database that is prepared once."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from churn_assets.registry.tracking import tracking_below
from churn_assets_tests.end_to_end.conftest import copy, service, shared
from churn_assets_tests.registry.conftest import schema
from churn_assets_tests.retraining.watched import Watched, watched_champion

__all__ = ["copy", "schema", "service", "shared"]


@pytest.fixture(scope="session")
def watched_home(schema: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a champion and a log of some weeks; tests must not change it."""
    home = tmp_path_factory.mktemp("watched") / "home"
    (home / "mlflow").mkdir(parents=True)
    shutil.copy(schema, tracking_below(home / "mlflow").folder / "mlflow.db")
    watched_champion(home)
    return home


@pytest.fixture
def watched(watched_home: Path, tmp_path: Path) -> Iterator[Watched]:
    """A copy of it that a test may change, with a Dagster instance of its own."""
    shutil.copytree(watched_home, tmp_path / "home")
    found = Watched(tmp_path / "home")
    yield found
    found.instance.dispose()
