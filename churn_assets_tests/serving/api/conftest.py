from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from churn_assets.serving.app import create_app
from churn_assets.serving.champion import Champion
from churn_assets_tests.serving.api.champions import SCHEMA, Home, make_home


@pytest.fixture(scope="session")
def shared_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home that no test changes; it costs seconds to make."""
    return make_home(tmp_path_factory.mktemp("home"))


@pytest.fixture
def home(shared_home: Home, tmp_path: Path) -> Home:
    """A home of the test's own."""
    return shared_home.copied(tmp_path / "home")


@pytest.fixture(scope="session")
def champion(shared_home: Home) -> Champion:
    """The champion of the shared home."""
    return Champion.of(shared_home.registry.load(shared_home.registry.champion()), SCHEMA)


@pytest.fixture(scope="module")
def client(shared_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The API in this process, over a home of the module's own."""
    folder = tmp_path_factory.mktemp("api") / "home"
    app = create_app(shared_home.copied(folder).settings(api_events=1_000, api_listeners=20, api_body_mb=1))
    with TestClient(app, raise_server_exceptions=False) as found:
        yield found
