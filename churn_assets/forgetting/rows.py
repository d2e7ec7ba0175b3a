"""Parquet files: the rows of a listener are left out, everything else stays as it is, to the last bit.

A file is written again by whoever wrote it, so that its columns stay of the very types that they were. The version of a
partition is a hash of their names, types and values: the same as if the partition had been made again.
"""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from churn_assets.forgetting.listener import NAMES, Listener
from churn_assets.lake.engine import ROW_GROUP

OF_DUCKDB = "DuckDB"


def count(path: Path, listener: Listener) -> int:
    """Rows of the listener in a Parquet file; 0 where no column holds ids."""
    rows = 0
    for name in _id_columns(path):
        wanted = [(name, "=", listener.user_id)]
        rows += pq.read_table(path, columns=[name], partitioning=None, filters=wanted).num_rows
    return rows


def leave_out(path: Path, staged: Path, listener: Listener) -> None:
    """Write the rows of `path` that are not the listener's to `staged`."""
    with pq.ParquetFile(path) as file:
        is_ours = OF_DUCKDB in file.metadata.created_by
    if is_ours:
        _copy(path, staged, listener)
    else:
        write(_without(read(path), listener), staged)


def read(path: Path) -> pa.Table:
    """The rows of one file, as they are stored."""
    with pq.ParquetFile(path) as file:
        return file.read()


def write(table: pa.Table, path: Path) -> None:
    """Write rows as `read` gave them; none at all as a file without row groups, as our writers do."""
    with pq.ParquetWriter(path, table.schema, compression="zstd") as writer:
        if table.num_rows:
            writer.write_table(table, row_group_size=ROW_GROUP)


def _id_columns(path: Path) -> list[str]:
    """The columns of texts that hold ids of listeners."""
    with pq.ParquetFile(path) as file:
        schema = file.schema_arrow
    return [name for name in NAMES if name in schema.names and pa.types.is_string(schema.field(name).type)]


def _without(table: pa.Table, listener: Listener) -> pa.Table:
    for name in NAMES:
        if name in table.column_names:
            keep = pc.fill_null(pc.not_equal(table[name].cast(pa.string()), listener.user_id), fill_value=True)
            table = table.filter(keep)
    return table


def _copy(path: Path, staged: Path, listener: Listener) -> None:
    """The same with DuckDB, in the order of the file."""
    import duckdb

    with pq.ParquetFile(path) as file:
        columns = ", ".join(_column(field) for field in file.schema_arrow)
    where = " AND ".join(f'"{name}" IS DISTINCT FROM $user' for name in _id_columns(path))
    select = f"SELECT {columns} FROM read_parquet({_text(path)}, hive_partitioning = false) WHERE {where}"
    copy = f"COPY ({select}) TO {_text(staged)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP})"
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET threads = 1")
        connection.execute(copy, {"user": listener.user_id})


def _column(field: pa.Field) -> str:
    """A column in its own type: DuckDB reads milliseconds as microseconds."""
    is_ms = pa.types.is_timestamp(field.type) and field.type.unit == "ms"
    return f'"{field.name}"::TIMESTAMP_MS AS "{field.name}"' if is_ms else f'"{field.name}"'


def _text(path: Path) -> str:
    quoted = str(path).replace("'", "''")
    return f"'{quoted}'"
