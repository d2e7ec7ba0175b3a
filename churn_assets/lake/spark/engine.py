"""The Spark engine: makes the partitions of a table in one pass, without their rows passing through this process."""

import shutil
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from churn_assets.contracts.contract import Column, Contract, Type
from churn_assets.cutoffs import epoch_day, epoch_ms
from churn_assets.errors import SparkError
from churn_assets.lake.engine import Progress, Written, describe, unfused
from churn_assets.lake.lake import Lake, Scan
from churn_assets.lake.recipe import Recipe, unbound
from churn_assets.lake.spark.failures import failures, reason
from churn_assets.lake.spark.reading import frame_of
from churn_assets.lake.spark.session import Cluster

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from pyspark.sql import DataFrame, SparkSession

    from churn_assets.lake.spark.parts import Part

SHUFFLE_BYTES = 8 << 20
"""Bytes of (compressed) input files for each partition of a shuffle; Spark joins those that come out small."""
LEAST_SHUFFLE_PARTITIONS = 4
MOST_SHUFFLE_PARTITIONS = 4096


@dataclass(frozen=True)
class SparkEngine:
    """Makes tables from the recipes that DuckDB follows too, on a cluster that shares the lake's folder."""

    cluster: Cluster

    def write(self, recipe: Recipe, keys: Sequence[str], lake: Lake, progress: Progress | None = None) -> list[Written]:
        """Compute the partitions `keys` of a table in one pass, and put each in its place in the lake.

        Workers write the files, and only what is told of them comes here. SparkError if Spark cannot be reached, or
        fails more often than it tries again.
        """
        tell = progress or (lambda _key, _rows: None)
        done = []
        with self.cluster.session() as session, _workplace(lake) as folder, _told(recipe.contract):
            from churn_assets.lake.spark.parts import PARTITION, REPORT, Part, PartWriter

            rows = _Pass(session, recipe, keys).in_partitions(PARTITION)
            found = rows.mapInArrow(PartWriter(recipe.contract, str(folder.resolve())), REPORT).collect()
            parts = {part.place: part for part in (Part(**row.asDict()) for row in found)}
            for place, key in enumerate(keys):
                written = _put(lake, recipe.contract, key, folder, parts.get(place))
                tell(written.key, written.rows)
                done.append(written)
        return done


def to_spark_sql(expression: "ir.Table") -> str:
    """An unbound Ibis expression as Spark's SQL."""
    import ibis

    ibis.pyspark  # noqa: B018 — loads the options that the compiler asks for
    with unfused():
        return str(ibis.to_sql(expression, dialect="pyspark"))


@dataclass(frozen=True)
class _Pass:
    """One recipe in one session, for some keys."""

    session: "SparkSession"
    recipe: Recipe
    keys: Sequence[str]

    def in_partitions(self, place: str) -> "DataFrame":
        """The rows as they will be stored, each key's together and in order; `place` says which key a row is of."""
        inputs = self.recipe.inputs(self.keys)
        partitions = shuffle_partitions(sum(scan.size_bytes for scan in inputs.values()))
        self.session.conf.set("spark.sql.shuffle.partitions", str(partitions))
        contract = self.recipe.contract
        rows = self._rows(inputs).selectExpr(f"{_place(contract, self.keys)} AS `{place}`", "*")
        wanted = rows.where(f"`{place}` >= 0").repartitionById(min(len(self.keys), partitions), place)
        order = [wanted[name].asc_nulls_last() for name in (place, *contract.order)]
        return wanted.sortWithinPartitions(*order).selectExpr(f"`{place}`", *map(_as_stored, contract.stored))

    def _rows(self, inputs: Mapping[str, Scan]) -> "DataFrame":
        """What the expression gives."""
        for name, scan in inputs.items():
            frame_of(self.session, scan).createOrReplaceTempView(name)
        for name, table in self.recipe.small(self.keys, self._distinct).items():
            self.session.createDataFrame(table).createOrReplaceTempView(name)
        tables = {name: unbound(scan.contract, name) for name, scan in inputs.items()}
        return self.session.sql(to_spark_sql(self.recipe.expression(tables)))

    def _distinct(self, table: str, column: str) -> list[str]:
        found = self.session.sql(f"SELECT DISTINCT `{column}` FROM `{table}` WHERE `{column}` IS NOT NULL").collect()
        return sorted(value for (value,) in found)


def shuffle_partitions(input_bytes: int) -> int:
    """How many partitions the shuffles of a query over so many bytes of Parquet have at first."""
    return min(max(LEAST_SHUFFLE_PARTITIONS, -(-input_bytes // SHUFFLE_BYTES)), MOST_SHUFFLE_PARTITIONS)


@contextmanager
def _workplace(lake: Lake) -> Iterator[Path]:
    """A folder beside the tables for the files of one pass; whatever attempts that failed left there goes with it."""
    folder = lake.staging() / f"spark-{uuid.uuid4().hex}"
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _told(contract: Contract) -> Iterator[None]:
    """Say in our words which table Spark could not make."""
    try:
        yield
    except failures() as error:
        message = (
            f"Spark could not make {contract.table}: {reason(error)} Nothing was replaced. "
            "docs/how-to/spark.md says what workers need."
        )
        raise SparkError(message) from error


def _put(lake: Lake, contract: Contract, key: str, folder: Path, part: "Part | None") -> Written:
    """Make a finished file, or an empty one if no row was found, the partition `key`."""
    if part is not None:
        lake.adopt(contract, key, folder / part.name)
        return Written(key, part.rows, part.size_bytes, part.sha256)
    import pyarrow.parquet as pq

    from churn_assets.contracts.arrow import arrow_schema

    with lake.replacing(contract, key) as path:
        pq.write_table(arrow_schema(contract).empty_table(), path, compression="zstd")
        return describe(key, path)


def _place(contract: Contract, keys: Sequence[str]) -> str:
    """SQL that says which of the keys a row belongs to, from 0; -1 if to none."""
    if contract.partition is None:
        return "0"
    is_time = contract.column(contract.partition).type is Type.TIMESTAMP
    numbers = [(epoch_ms if is_time else epoch_day)(date.fromisoformat(key)) for key in keys]
    known = ", ".join(f"{number}L" for number in numbers)
    return f"CAST(array_position(array({known}), `{contract.partition}`) - 1 AS INT)"


def _as_stored(column: Column) -> str:
    """SQL that gives a column as Arrow turns it into the stored one; times stay whole numbers."""
    return f"CAST(`{column.name}` AS INT) AS `{column.name}`" if column.type is Type.DATE else f"`{column.name}`"
