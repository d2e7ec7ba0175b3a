"""One service for all tests: it takes a minute to make, so that workers of one test run share it."""

import os
from pathlib import Path

import pytest

from churn_assets.registry.lock import exclusive
from churn_assets_tests.cli.console import Console
from churn_assets_tests.end_to_end.service import WORLD, Service, copied

FINISHED = "finished"


def pytest_configure(config: pytest.Config) -> None:
    # MLflow 3.17 on SQLAlchemy 2.1; not ours to mend.
    config.addinivalue_line("filterwarnings", "ignore:The ``noload`` loader strategy is deprecated")


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this test run see."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def service(shared: Path) -> Service:
    """The service with everything materialised from within an empty folder; tests must not change it."""
    service, cwd = Service.of(shared / "service" / "home"), shared / "service" / "cwd"
    with exclusive(shared / "service" / "lock"), pytest.MonkeyPatch.context() as scene:
        if not (service.home / FINISHED).exists():
            cwd.mkdir()
            scene.chdir(cwd)
            scene.delenv("DAGSTER_HOME", raising=False)
            service.land(WORLD)
            service.run()
            (service.home / FINISHED).touch()
    return service


@pytest.fixture
def copy(service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Service:
    """A copy of the service that a test may change."""
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    return copied(service, tmp_path / "home")


@pytest.fixture
def console(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Console:
    """A terminal in an empty folder, with the settings of the service."""
    return Console(tmp_path, monkeypatch, capsys, service.told)
