"""The service of the end-to-end tests as a workspace; it is made once a test run."""

from pathlib import Path

import pytest

import churn_assets
from churn_assets.workspace.workspace import Workspace
from churn_assets_tests.end_to_end.conftest import copy, service, shared
from churn_assets_tests.end_to_end.service import Service

__all__ = ["copy", "service", "shared"]


def pytest_configure(config: pytest.Config) -> None:
    # MLflow 3.17 on SQLAlchemy 2.1; not ours to mend.
    config.addinivalue_line("filterwarnings", "ignore:The ``noload`` loader strategy is deprecated")


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory, and an environment that says nothing of any platform."""
    for name in ("CHURN_HOME", "CHURN_LAKE", "CHURN_LANDING", "DAGSTER_HOME"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture(scope="module")
def ws(service: Service) -> Workspace:
    """The service, which tests must not change."""
    return churn_assets.connect(service.settings)
