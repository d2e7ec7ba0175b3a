"""What is written, and how: types, order, nothing left over, errors in our words."""

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churn_assets.contracts.contract import Contract, integer
from churn_assets.errors import SparkError
from churn_assets.lake.engine import Engine, Written
from churn_assets.lake.lake import WHOLE, Lake
from churn_assets.lake.recipe import Recipe, whole_numbers
from churn_assets.lake.spark.engine import MOST_SHUFFLE_PARTITIONS, SHUFFLE_BYTES, SparkEngine, shuffle_partitions
from churn_assets.lake.spark.reading import frame_of
from churn_assets.lake.spark.session import Cluster
from churn_assets_tests.lake.spark.servers import MOST_RESULT_BYTES
from churn_assets_tests.lake.test_engine import COPY, DAYS, MONDAY, SOURCE, TUESDAY, WEDNESDAY, copying, get, put, row

LATE = datetime(1969, 12, 31, 23, 59, 59, 999_000)  # noqa: DTZ001 — the lake's times are naive
ROWS = (
    row(3, word=None, share=None, ts=None),
    row(1, word="", share=-0.0, words=[], ts=LATE),
    row(2, word="日本\u0000'`$", share=1e-300, words=["x", "'"]),
)
WORDS = Contract("words", "a count", (integer("n", "Number."), integer("rows", "Rows.")), ("n",), ("n",))


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A lake whose folder has a name that patterns and quotes could be read into, and three days of a table."""
    lake = Lake(tmp_path_factory.mktemp("lakes") / "it's [a] {lake}* %20 é")
    put(lake, MONDAY, *ROWS)
    put(lake, TUESDAY, row(7, word="w"))
    return lake


@pytest.fixture(scope="module")
def written(spark: SparkEngine, lake: Lake) -> list[Written]:
    """The days copied, in one pass."""
    return spark.write(copying(lake), DAYS, lake)


@pytest.mark.usefixtures("written")
def test_values_of_every_type_come_back_as_they_were_in_the_contracts_order(lake: Lake) -> None:
    assert get(lake, MONDAY) == sorted(ROWS, key=lambda fields: fields["n"])
    assert get(lake, TUESDAY) == [row(7, word="w")]


def test_a_day_without_rows_is_written_all_the_same(lake: Lake, written: list[Written]) -> None:
    assert [(w.key, w.rows) for w in written] == [(MONDAY, 3), (TUESDAY, 1), (WEDNESDAY, 0)]
    assert get(lake, WEDNESDAY) == []


def test_duckdb_would_have_written_files_of_the_same_types_and_hashes(
    lake: Lake, written: list[Written], tmp_path: Path
) -> None:
    other = Lake(tmp_path)
    recipe = replace(copying(lake), inputs=lambda keys: {"source": lake.find(SOURCE, keys)})

    theirs = Engine(1, "300MB", tmp_path / "spill").write(recipe, DAYS, other)

    assert [w.sha256 for w in written] == [w.sha256 for w in theirs]
    ours, others = pq.read_schema(lake.path(COPY, MONDAY)), pq.read_schema(other.path(COPY, MONDAY))
    assert (ours.names, ours.types) == (others.names, others.types)


def test_what_is_told_is_what_the_files_are(lake: Lake, written: list[Written]) -> None:
    assert [w.size_bytes for w in written] == [lake.path(COPY, w.key).stat().st_size for w in written]
    assert list(lake.staging().iterdir()) == []


def test_only_the_days_that_were_asked_for_are_written_and_told(spark: SparkEngine, lake: Lake) -> None:
    everything = Contract("everything", "a row", SOURCE.columns, ("n",), ("n",), "day")
    recipe = Recipe(everything, lambda t: t["source"], lambda _keys: {"source": lake.scan(SOURCE)})
    told: list[tuple[str, int]] = []

    spark.write(recipe, [TUESDAY], lake, lambda key, rows: told.append((key, rows)))

    assert (told, lake.keys(everything)) == ([(TUESDAY, 1)], [TUESDAY])


def test_a_table_without_partitions_is_one_file_and_small_tables_are_at_hand(spark: SparkEngine, lake: Lake) -> None:
    def small(_keys: object, distinct: Any) -> Mapping[str, pa.Table]:
        assert distinct("source", "word") == sorted(
            r["word"] for r in (*ROWS, row(7, word="w")) if r["word"] is not None
        )
        return {"wanted": whole_numbers({"n": [1, 2, 5]})}

    def counted(tables: Mapping[str, Any]) -> Any:
        wanted = ibis.table({"n": "int64"}, name="wanted")
        found = wanted.left_join(tables["source"], "n")
        return found.group_by("n").aggregate(rows=found.day.count())

    (written,) = spark.write(Recipe(WORDS, counted, lambda _keys: {"source": lake.scan(SOURCE)}, small), [WHOLE], lake)

    assert written.rows == 3
    assert pq.ParquetFile(lake.path(WORDS)).read().to_pydict() == {"n": [1, 2, 5], "rows": [1, 1, 0]}


def test_no_row_passes_through_the_driver_which_takes_a_megabyte_at_most(
    spark: SparkEngine, cluster: Cluster, tmp_path: Path
) -> None:
    lake, words = Lake(tmp_path), random.Random(1)
    put(lake, MONDAY, *(row(n, word=words.randbytes(50).hex()) for n in range(20_000)))

    (written,) = spark.write(copying(lake), [MONDAY], lake)

    assert (written.rows, written.size_bytes > MOST_RESULT_BYTES) == (20_000, True)
    with cluster.session() as session, pytest.raises(Exception, match="maxResultSize"):
        frame_of(session, lake.scan(COPY)).collect()


@pytest.fixture
def broken(lake: Lake) -> Recipe:
    """A recipe that fails for one row, as Spark's workers find out."""
    recipe = copying(lake)

    def failing(tables: Mapping[str, Any]) -> Any:
        return tables["source"].mutate(n=lambda t: (9_223_372_036_854_775_000 + t.n * 1_000).cast("int64"))

    return replace(recipe, expression=failing)


@pytest.mark.usefixtures("written")
def test_a_failure_says_which_table_and_why_and_leaves_everything_as_it_was(
    spark: SparkEngine, lake: Lake, broken: Recipe
) -> None:
    with pytest.raises(SparkError, match=r"could not make copy: .*overflow.* Nothing was replaced"):
        spark.write(broken, [MONDAY], lake)

    assert len(get(lake, MONDAY)) == len(ROWS)
    assert list(lake.staging().iterdir()) == []


def test_the_session_of_a_pass_has_settings_of_its_own(cluster: Cluster) -> None:
    with cluster.session() as one, cluster.session() as other:
        one.conf.set("spark.sql.shuffle.partitions", "17")

        assert other.conf.get("spark.sql.shuffle.partitions") != "17"
        assert {s.conf.get("spark.sql.session.timeZone") for s in (one, other)} == {"UTC"}


def test_spark_in_this_process_listens_on_loopback_alone(cluster: Cluster) -> None:
    with cluster.session() as session:
        settings = dict(session.sparkContext.getConf().getAll())

    assert (settings["spark.driver.bindAddress"], settings["spark.ui.enabled"]) == ("127.0.0.1", "false")


@pytest.mark.parametrize(
    ("input_bytes", "partitions"),
    [(0, 4), (1, 4), (10 * SHUFFLE_BYTES, 10), (10 * SHUFFLE_BYTES + 1, 11), (1 << 60, MOST_SHUFFLE_PARTITIONS)],
)
def test_shuffles_have_partitions_by_what_is_read(input_bytes: int, partitions: int) -> None:
    assert shuffle_partitions(input_bytes) == partitions
