import pytest

from churn_assets_tests.lake.built import BuiltLake, build


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> BuiltLake:
    """The small log, all the way to features and labels at two cut-offs."""
    return build(tmp_path_factory.mktemp("built"))
