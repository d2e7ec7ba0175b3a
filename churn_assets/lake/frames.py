"""Tables as pandas frames, for the code that learns from them and for people."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from churn_assets.contracts.contract import Column, Contract, Type
from churn_assets.lake.lake import Scan

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

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

    Only those columns are read; with `user_id` only that listener's rows, and where rows are in order of listeners most
    of a file is skipped. Timestamps and days are naive UTC, the partition column is there like any other.
    """
    import pyarrow as pa

    names = scan.contract.names if columns is None else tuple(columns)
    wanted = None if user_id is None else [("user_id", "=", user_id)]
    parts = [_read(scan.contract, key, path, names, wanted) for key, path in scan.files]
    if not parts:
        return _empty(scan.contract, names)
    # DuckDB declares a column as never null or not as its plan has it, so that files of one table may differ in that.
    frame: pd.DataFrame = pa.concat_tables(parts, promote_options="default").to_pandas()
    times = {name: FRAME_TYPES[Type.TIMESTAMP] for name in names if _is_time(scan.contract.column(name))}
    return frame.astype(times)


def _read(contract: Contract, key: str, path: object, names: Sequence[str], wanted: object) -> "pa.Table":
    import pyarrow as pa
    import pyarrow.parquet as pq

    stored = [name for name in names if name != contract.partition]
    table = pq.read_table(path, columns=stored, partitioning=None, filters=wanted)
    if contract.partition in names:
        day = pa.array([key] * len(table)).cast(pa.timestamp("ms"))
        table = table.append_column(contract.partition, day)
    return table.select(list(names))


def _empty(contract: Contract, names: Sequence[str]) -> "pd.DataFrame":
    import pandas as pd

    return pd.DataFrame({name: pd.Series(dtype=FRAME_TYPES[contract.column(name).type]) for name in names})


def _is_time(column: Column) -> bool:
    return column.type in (Type.TIMESTAMP, Type.DATE)
