"""Tables are readable by others' tools with no code of ours."""

import importlib.util
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow.dataset as ds
import pytest

from churn_assets.features.tables import USER_FEATURES
from churn_assets.ingest.tables import EVENTS
from churn_assets_tests.lake.built import CUTOFF, LOG, BuiltLake, key


@pytest.fixture
def root(built: BuiltLake) -> Path:
    return built.lake.root


def test_plain_duckdb_reads_a_table_with_its_days(root: Path) -> None:
    query = f"SELECT count(*), min(day), typeof(any_value(day)), typeof(any_value(ts)) FROM '{root}/events/*/*.parquet'"

    (found,) = duckdb.connect().execute(query).fetchall()

    assert (found[0], str(found[1])) == (len(LOG), "2024-01-01")
    assert found[2:] == ("DATE", "TIMESTAMP")


def test_plain_pandas_reads_a_partition_and_a_whole_table(root: Path) -> None:
    partition = pd.read_parquet(root / "events" / "day=2024-01-01" / "part-0.parquet")
    table = pd.read_parquet(root / "events")

    assert len(partition) == sum(event.day == LOG[0].day for event in LOG)
    assert str(partition["ts"].dtype) == "datetime64[ms]"
    assert (len(table), set(table.columns)) == (len(LOG), set(EVENTS.names))


def test_a_pyarrow_dataset_reads_a_table_and_filters_by_folder(root: Path) -> None:
    table = ds.dataset(root / "user_features", partitioning="hive")

    rows = table.to_table(filter=ds.field("cutoff") == key(CUTOFF)).to_pydict()

    assert rows["user_id"] == ["a", "b"]
    assert set(rows) == set(USER_FEATURES.names)


@pytest.mark.skipif(importlib.util.find_spec("polars") is None, reason="polars is not installed")
def test_plain_polars_reads_a_table(root: Path) -> None:
    polars = pytest.importorskip("polars")

    assert len(polars.read_parquet(root / "events" / "**" / "*.parquet", hive_partitioning=True)) == len(LOG)


def test_files_hold_statistics_and_zstd(root: Path) -> None:
    import pyarrow.parquet as pq

    column = pq.read_metadata(root / "events" / "day=2024-01-01" / "part-0.parquet").row_group(0).column(1)

    assert (column.compression, column.is_stats_set) == ("ZSTD", True)
