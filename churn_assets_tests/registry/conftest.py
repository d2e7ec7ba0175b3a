import shutil
from pathlib import Path

import pytest

from churn_assets.registry.history import History
from churn_assets.registry.registry import ModelRegistry
from churn_assets.registry.tracking import Tracking, prepare, tracking_below


def pytest_configure(config: pytest.Config) -> None:
    # MLflow 3.17 on SQLAlchemy 2.1; not ours to mend.
    config.addinivalue_line("filterwarnings", "ignore:The ``noload`` loader strategy is deprecated")


@pytest.fixture(scope="session")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with MLflow's schema and nothing else: it costs seconds to make, a copy costs nothing."""
    file = tmp_path_factory.mktemp("schema") / "mlflow.db"
    file.touch()
    tracking_below(file.parent).client().search_experiments()
    return file


@pytest.fixture
def tracking(schema: Path, tmp_path: Path) -> Tracking:
    """A prepared MLflow store of the test's own."""
    folder = tmp_path / "mlflow"
    folder.mkdir()
    shutil.copy(schema, folder / "mlflow.db")
    return prepare(tracking_below(folder))


@pytest.fixture
def registry(tracking: Tracking) -> ModelRegistry:
    return ModelRegistry(tracking)


@pytest.fixture
def history(registry: ModelRegistry) -> History:
    return History(registry)
