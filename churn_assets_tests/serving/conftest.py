from collections.abc import Iterator
from pathlib import Path

import pytest

from churn_assets.serving.store import PredictionStore, open_store
from churn_assets_tests.serving.postgres import PostgreSQL, postgresql


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgreSQL]:
    """One PostgreSQL for all tests of this process."""
    with postgresql() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a prediction store that is not there yet, once in each database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'below' / 'predictions.db'}"
    server: PostgreSQL = request.getfixturevalue("postgres")
    return server.new_schema()


@pytest.fixture
def store(store_url: str) -> Iterator[PredictionStore]:
    with open_store(store_url, patience_s=30) as opened:
        yield opened
