from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser
from starlette.testclient import TestClient

from churn_assets.lake.lake import Lake
from churn_assets.web.app import create_site
from churn_assets.web.shelf import Shelf
from churn_assets_tests.chromium import chromium
from churn_assets_tests.serving.api.champions import Home
from churn_assets_tests.web.site import make_site, served


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with everything to see; tests must not change it."""
    return make_site(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="session")
def shelf(home: Home) -> Shelf:
    """Its lake as the pages read it."""
    return Shelf(Lake(home.folder / "lake"))


@pytest.fixture(scope="session")
def client(home: Home) -> Iterator[TestClient]:
    """A browser without eyes: it asks for HTML, of this machine."""
    found = TestClient(create_site(home.settings()), base_url="http://127.0.0.1", headers={"Accept": "text/html,*/*"})
    with found:
        yield found


@pytest.fixture(scope="session")
def address(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The site on a real server."""
    with served(create_site(home.copied(tmp_path_factory.mktemp("served")).settings())) as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests of a module."""
    with chromium() as opened:
        yield opened
