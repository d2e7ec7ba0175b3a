"""One Spark in the process of the tests, and lakes that both engines made."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from churn_assets.lake.spark.engine import SparkEngine
from churn_assets.lake.spark.session import Cluster


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Spark in this process, on two cores."""
    from pyspark import SparkContext

    yield Cluster("local[2]", "1g", tmp_path_factory.mktemp("spark"))
    if SparkContext._active_spark_context is not None:
        SparkContext._active_spark_context.stop()


@pytest.fixture(scope="session")
def spark(cluster: Cluster) -> SparkEngine:
    """The engine over it."""
    return SparkEngine(cluster)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let Spark's sockets and processes be collected when Python pleases: they are closed with the JVM."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("ignore::ResourceWarning"))
