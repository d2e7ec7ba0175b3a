"""Tables as pandas frames, for the code that learns from them and for people."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from churn_assets.contracts.contract import Column, Contract, Type
from churn_assets.lake.bucket import Remote
from churn_assets.lake.lake import Scan, brought, parted

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

RANGES_BYTES = 64 << 20
"""Of an object of up to these bytes, fetching it whole takes less time than a request a column and row group."""
FRAME_TYPES = {
    Type.TEXT: "object",
    Type.INTEGER: "int64",
    Type.NUMBER: "float64",
    Type.BOOLEAN: "bool",
    Type.TIMESTAMP: "datetime64[ms]",
    Type.DATE: "datetime64[ms]",
    Type.TEXTS: "object",
    Type.BYTES: "object",
}
"""pandas types of columns without nulls; a column of whole numbers or truth values with nulls widens to object."""


def read_frame(scan: Scan, columns: Sequence[str] | None = None, *, user_id: str | None = None) -> "pd.DataFrame":
    """The rows of a scan, in order of the partitions, as a frame of `columns` (all, if None).

    Only those columns are read, and of a large object that has no copy here only they are fetched; with `user_id` only
    that listener's rows, and where rows are in order of listeners most of a file is skipped. Timestamps and days are
    naive UTC, the partition column is there like any other.
    """
    import pyarrow as pa

    names = scan.contract.names if columns is None else tuple(columns)
    wanted = None if user_id is None else [("user_id", "=", user_id)]
    is_part = wanted is not None or len(names) < len(scan.contract.names)
    sources = zip(scan.keys, _sources(scan, is_part=is_part), strict=True)
    parts = [_read(scan.contract, key, source, names, wanted) for key, source in sources]
    if not parts:
        return _empty(scan.contract, names)
    # DuckDB declares a column as never null or not as its plan has it, so that files of one table may differ in that.
    frame: pd.DataFrame = pa.concat_tables(parts, promote_options="default").to_pandas()
    times = {name: FRAME_TYPES[Type.TIMESTAMP] for name in names if _is_time(scan.contract.column(name))}
    return frame.astype(times)


def _sources(scan: Scan, *, is_part: bool) -> "Sequence[Path | Remote]":
    """Paths on this machine and, if only a part is read, large objects that lie elsewhere."""
    if not is_part:
        return [path for _, path in scan.files]
    places = [place for _, place in scan.places]
    near, far = parted(places, above=RANGES_BYTES)
    paths = dict(zip(near, brought(near), strict=True)) | {remote: remote for remote in far}
    return [paths[place] for place in places]


def _read(contract: Contract, key: str, source: Path | Remote, names: Sequence[str], wanted: object) -> "pa.Table":
    import pyarrow as pa

    stored = [name for name in names if name != contract.partition]
    table = _table(source, stored, wanted)
    if contract.partition in names:
        day = pa.array([key] * len(table)).cast(pa.timestamp("ms"))
        table = table.append_column(contract.partition, day)
    return table.select(list(names))


def _table(source: Path | Remote, columns: Sequence[str], wanted: object) -> "pa.Table":
    import pyarrow.parquet as pq

    def read(file: Path | BinaryIO) -> "pa.Table":
        return pq.read_table(file, columns=columns, partitioning=None, filters=wanted)

    return source.read(read) if isinstance(source, Remote) else read(source)


def _empty(contract: Contract, names: Sequence[str]) -> "pd.DataFrame":
    import pandas as pd

    return pd.DataFrame({name: pd.Series(dtype=FRAME_TYPES[contract.column(name).type]) for name in names})


def _is_time(column: Column) -> bool:
    return column.type in (Type.TIMESTAMP, Type.DATE)
