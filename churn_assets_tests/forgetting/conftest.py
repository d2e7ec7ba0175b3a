from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest

from churn_assets.forgetting.forgetting import Proof
from churn_assets_tests.forgetting.site import forgetting, known_site, rows_of_others
from churn_assets_tests.orchestration.tiny import Site, copied
from churn_assets_tests.serving.conftest import postgres

__all__ = ["postgres"]


def pytest_configure(config: pytest.Config) -> None:
    # MLflow 3.17 on SQLAlchemy 2.1; not ours to mend.
    config.addinivalue_line("filterwarnings", "ignore:The ``noload`` loader strategy is deprecated")


@pytest.fixture(scope="session")
def known(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The service that knows the planted listener; no test changes it."""
    return known_site(tmp_path_factory.mktemp("known") / "home")


@pytest.fixture
def site(known: Site, tmp_path: Path) -> Site:
    """A copy of it that a test may change."""
    return copied(known, tmp_path / "home")


@dataclass(frozen=True)
class Forgotten:
    """A copy of the service from which the planted listener was removed: its proof, and others' rows before."""

    site: Site
    proof: Proof
    others: dict[str, list[pa.ChunkedArray]]


@pytest.fixture(scope="session")
def forgotten(known: Site, tmp_path_factory: pytest.TempPathFactory) -> Forgotten:
    """The service after the planted listener was forgotten; no test changes it."""
    site = copied(known, tmp_path_factory.mktemp("forgotten") / "home")
    others = rows_of_others(site.lake)
    return Forgotten(site, forgetting(site).carry_out(), others)
