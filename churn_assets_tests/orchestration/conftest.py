"""Sites that are made once and copied for tests that change them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from churn_assets_tests.orchestration.tiny import Site, copied, landed_site


@pytest.fixture(scope="session")
def made_site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site with everything materialised; tests must not change it."""
    site = landed_site(tmp_path_factory.mktemp("made") / "home")
    site.catch_up()
    return site


@pytest.fixture
def site(made_site: Site, tmp_path: Path) -> Iterator[Site]:
    """A copy of it that a test may change."""
    copy = copied(made_site, tmp_path / "home")
    yield copy
    copy.instance.dispose()
