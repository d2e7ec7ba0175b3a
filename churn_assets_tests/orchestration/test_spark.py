"""The graph with `CHURN_ENGINE=spark`: the same assets, partitions, checks and files."""

from collections.abc import Iterator

import pytest

from churn_assets.lake.engine import Engine
from churn_assets.lake.spark.engine import SparkEngine
from churn_assets_tests.lake.spark.servers import QUICK_START
from churn_assets_tests.orchestration.tiny import CUTOFFS, MATURE_CUTOFFS, Site, landed_site

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # Spark's sockets are closed with its JVM
MADE_BY_SPARK = (
    "events",
    "sessions",
    "listener_days",
    "listener_item_gaps",
    "user_features",
    "population",
    "churn_labels",
)


@pytest.fixture(scope="module")
def spark_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site with everything materialised by Spark in this process."""
    from pyspark import SparkContext

    site = landed_site(tmp_path_factory.mktemp("spark") / "home", "spark")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JDK_JAVA_OPTIONS", QUICK_START)
        site.catch_up()
        yield site
        site.instance.dispose()
        if SparkContext._active_spark_context is not None:
            SparkContext._active_spark_context.stop()


def test_the_settings_decide_which_engine_makes_tables_and_duckdb_always_looks_at_them(spark_site: Site) -> None:
    computing = (spark_site.defs.resources or {})["computing"]

    assert (type(computing.maker), type(computing.engine)) == (SparkEngine, Engine)


def test_every_file_is_the_one_that_duckdb_writes(spark_site: Site, made_site: Site) -> None:
    ours, theirs = spark_site.digests(), made_site.digests()

    assert {path.split("/")[0] for path in ours} >= set(MADE_BY_SPARK)
    assert ours == theirs


def test_each_partition_is_told_to_dagster_once_with_its_rows(spark_site: Site, made_site: Site) -> None:
    for asset in MADE_BY_SPARK:
        ours, theirs = (
            {e.partition: e.metadata["dagster/row_count"] for e in s.events_of(asset)} for s in (spark_site, made_site)
        )

        assert ours == theirs
    assert [event.partition for event in spark_site.events_of("user_features")] == CUTOFFS
    assert [event.partition for event in spark_site.events_of("churn_labels")] == MATURE_CUTOFFS


def test_nothing_becomes_stale_when_the_engine_is_changed(spark_site: Site) -> None:
    assert spark_site.stale() == Site(spark_site.home).stale() == {}
