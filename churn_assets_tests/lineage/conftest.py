from pathlib import Path

import pytest

from churn_assets_tests.lineage.planted import planted_site
from churn_assets_tests.orchestration.tiny import Site, copied


def pytest_configure(config: pytest.Config) -> None:
    # MLflow 3.17 on SQLAlchemy 2.1; not ours to mend.
    config.addinivalue_line("filterwarnings", "ignore:The ``noload`` loader strategy is deprecated")


@pytest.fixture(scope="session")
def shared_site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The planted service; no test changes it."""
    return planted_site(tmp_path_factory.mktemp("planted") / "home")


@pytest.fixture
def site(shared_site: Site, tmp_path: Path) -> Site:
    """A copy of it that a test may change."""
    return copied(shared_site, tmp_path / "home")
