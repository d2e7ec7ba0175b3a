from pathlib import Path

import pytest

from churn_assets_tests.cli.console import Console


def pytest_configure(config: pytest.Config) -> None:
    # MLflow 3.17 on SQLAlchemy 2.1; not ours to mend.
    config.addinivalue_line("filterwarnings", "ignore:The ``noload`` loader strategy is deprecated")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Dagster 1.13 calls what it deprecates itself; only those warnings are let pass."""
    own = pytest.mark.filterwarnings("ignore:InitResourceContext.dagster_run is deprecated:DeprecationWarning")
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(own)


@pytest.fixture
def console(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Console:
    """A terminal in an empty folder."""
    return Console(tmp_path, monkeypatch, capsys)
