"""The prediction log: the store's predictions by day of data time, as Parquet.

A prediction belongs to the last day before its cut-off; one for a day outside of the log goes to the nearest partition,
and its `as_of` tells the truth.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from churn_assets.contracts.arrow import arrow_schema
from churn_assets.serving.log_days import LogDays
from churn_assets.serving.prediction import Prediction
from churn_assets.serving.reader import DayVersion, Snapshot
from churn_assets.serving.tables import FEATURES, PREDICTION_LOG

ROW_GROUP = 500
SCHEMA = arrow_schema(PREDICTION_LOG)
FEATURE_NAMES = frozenset(column.name for column in FEATURES)


def versions(snapshot: Snapshot, days: LogDays) -> Mapping[str, str]:
    """What the store holds for each partition, as a short text; partitions that it holds nothing for are left out.

    A partition made from another version is stale.
    """
    held: dict[str, DayVersion] = {}
    for day, version in snapshot.days().items():
        key = days.partition_of(day).isoformat()
        other = held.get(key, DayVersion(0, 0))
        held[key] = DayVersion(other.predictions + version.predictions, max(other.newest, version.newest))
    return {key: f"{version.predictions} to {version.newest}" for key, version in held.items()}


def write_partitions(snapshot: Snapshot, keys: Sequence[str], days: LogDays, folder: Path) -> dict[str, Path]:
    """A finished Parquet file below `folder` for each of the partitions `keys`, an empty one where there is nothing."""
    written = {}
    for key in keys:
        path = written[key] = folder / f"{key}.parquet"
        write(path, snapshot.made_for(*days.days_of(date.fromisoformat(key))))
    return written


def write(path: Path, predictions: Iterable[Prediction]) -> None:
    """The predictions as one Parquet file, a few hundred in memory at a time."""
    left = iter(predictions)
    with pq.ParquetWriter(path, SCHEMA, compression="zstd") as writer:
        while chunk := list(islice(left, ROW_GROUP)):
            writer.write_table(_table(chunk))


def _table(predictions: Sequence[Prediction]) -> pa.Table:
    return pa.table([_array(predictions, field) for field in SCHEMA], schema=SCHEMA)


def _array(predictions: Sequence[Prediction], field: pa.Field) -> pa.Array:
    values = list(_values(predictions, field.name))
    if pa.types.is_timestamp(field.type):
        return pa.array(values, pa.int64()).cast(field.type)
    return pa.array(values, field.type)


def _values(predictions: Sequence[Prediction], name: str) -> Iterator[Any]:
    """A column; a feature that was not declared when a prediction was made is null."""
    if name in FEATURE_NAMES:
        return (prediction.features.get(name) for prediction in predictions)
    return (getattr(prediction, name) for prediction in predictions)
