"""Parquet files: the rows of a listener are left out, everything else stays as it is, to the last bit."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from churn_assets.forgetting.listener import NAMES, Listener

ROW_GROUP = 122_880
"""As DuckDB writes them."""

Change = Callable[[pa.Table], pa.Table]


def count(path: Path, listener: Listener) -> int:
    """Rows of the listener in a Parquet file; 0 where no column holds ids."""
    with pq.ParquetFile(path) as file:
        names = [name for name in NAMES if name in file.schema_arrow.names]
    found = [
        pq.read_table(path, columns=[name], partitioning=None, filters=[(name, "=", listener.user_id)])
        for name in names
    ]
    return sum(table.num_rows for table in found)


def without(table: pa.Table, listener: Listener) -> pa.Table:
    """The rows that are not the listener's."""
    for name in NAMES:
        if name in table.column_names:
            keep = pc.fill_null(pc.not_equal(table[name].cast(pa.string()), listener.user_id), fill_value=True)
            table = table.filter(keep)
    return table


def read(path: Path) -> pa.Table:
    """The rows of one file, as they are stored."""
    with pq.ParquetFile(path) as file:
        return file.read()


def write(table: pa.Table, path: Path) -> None:
    """Write rows as `read` gave them."""
    pq.write_table(table, path, compression="zstd", row_group_size=ROW_GROUP)
