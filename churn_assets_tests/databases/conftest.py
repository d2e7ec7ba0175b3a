from collections.abc import Iterator

import pytest

from churn_assets_tests.serving.postgres import PostgreSQL, postgresql


def pytest_configure(config: pytest.Config) -> None:
    # MLflow 3.17 on SQLAlchemy 2.1; not ours to mend.
    config.addinivalue_line("filterwarnings", "ignore:The ``noload`` loader strategy is deprecated")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgreSQL]:
    """One PostgreSQL for all tests of this folder that leave it running."""
    with postgresql() as server:
        yield server


@pytest.fixture(scope="session")
def database(postgres: PostgreSQL) -> str:
    """URL of an empty database of a role that must say a password."""
    return postgres.new_database()
