"""Every table of a log is the same from Spark as from DuckDB."""

from random import Random

import pytest

from churn_assets.contracts.contract import Contract
from churn_assets.features.tables import LISTENER_DAYS, LISTENER_ITEM_GAPS, USER_FEATURES
from churn_assets.ingest.tables import EVENTS, SESSIONS
from churn_assets.labels.tables import CHURN_LABELS, POPULATION
from churn_assets.lake.spark.engine import SparkEngine
from churn_assets_tests.lake.built import BuiltLake
from churn_assets_tests.lake.spark.both import differences, made_by, made_by_duckdb, not_the_same
from churn_assets_tests.strategies import world

TABLES = (EVENTS, SESSIONS, LISTENER_DAYS, LISTENER_ITEM_GAPS, USER_FEATURES, POPULATION, CHURN_LABELS)


@pytest.fixture(scope="module")
def made(spark: SparkEngine, tmp_path_factory: pytest.TempPathFactory) -> tuple[BuiltLake, BuiltLake]:
    """A random crowd with every trap of real logs, by Spark and by DuckDB."""
    folder = tmp_path_factory.mktemp("agreement")
    crowd = world(Random(1), listeners=60)
    model = made_by_duckdb(folder / "duckdb", crowd.log, crowd.cutoffs)
    return made_by(spark, model, folder / "spark"), model


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.table)
def test_each_row_is_the_same_from_both_engines(made: tuple[BuiltLake, BuiltLake], table: Contract) -> None:
    ours, theirs = made
    keys = [key for name, key in theirs.written if name == table.table]

    found = [
        text for key in keys for text in differences(table, ours.lake.path(table, key), theirs.lake.path(table, key))
    ]

    assert found == []
    assert sum(theirs.written[table.table, key].rows for key in keys) > 0


def test_contents_hash_the_same_so_that_a_change_of_engine_makes_nothing_stale(
    made: tuple[BuiltLake, BuiltLake],
) -> None:
    assert not_the_same(*made) == {}


def test_no_file_is_left_beside_the_tables(made: tuple[BuiltLake, BuiltLake]) -> None:
    assert list(made[0].lake.staging().iterdir()) == []


def test_a_difference_would_be_seen(made: tuple[BuiltLake, BuiltLake]) -> None:
    ours, _ = made
    one, other = sorted(key for name, key in ours.written if name == EVENTS.table)[:2]

    found = list(differences(EVENTS, ours.lake.path(EVENTS, one), ours.lake.path(EVENTS, other)))

    assert found != []
