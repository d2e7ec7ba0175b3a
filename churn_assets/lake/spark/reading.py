"""How Spark sees the files of a scan: times as whole numbers, whatever the session's time zone, as for DuckDB."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from churn_assets.contracts.contract import Column, Contract, Type
from churn_assets.lake.lake import Scan

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

STORED_TYPES = {
    Type.TEXT: "STRING",
    Type.INTEGER: "BIGINT",
    Type.NUMBER: "DOUBLE",
    Type.BOOLEAN: "BOOLEAN",
    Type.TIMESTAMP: "TIMESTAMP_NTZ",
    Type.DATE: "DATE",
    Type.TEXTS: "ARRAY<STRING>",
    Type.BYTES: "BINARY",
}
"""Types of the columns of a file."""
_WHOLE_NUMBERS = {Type.TIMESTAMP: "BIGINT", Type.DATE: "BIGINT"}
_GLOBS = re.compile(r"([\\*?\[\]{}])")
"""Characters that Spark would take for a pattern of file names."""


def frame_of(session: "SparkSession", scan: Scan) -> "DataFrame":
    """The rows of a scan, with the columns of its contract: timestamps as epoch milliseconds, dates as epoch days."""
    contract = scan.contract
    if not scan.files:
        empty = (f"CAST(NULL AS {_seen_type(column)}) AS `{column.name}`" for column in contract.columns)
        return session.sql(f"SELECT {', '.join(empty)} WHERE false")
    reader = session.read.schema(_schema(contract))
    if contract.partition:
        table = scan.files[0][1].resolve().parents[1]
        reader = reader.option("basePath", f"file:{table}")
    rows = reader.parquet(*(spark_path(path) for path in scan.paths))
    return rows.selectExpr(*(f"{_as_number(column, contract)} AS `{column.name}`" for column in contract.columns))


def spark_path(path: str) -> str:
    """A path as Spark takes it for that one file, on the file system that driver and workers share."""
    return "file:" + _GLOBS.sub(r"\\\1", str(Path(path).resolve()))


def _schema(contract: Contract) -> str:
    """The columns of the files, and the one that folders are named after; Spark then looks into no file for them."""
    columns = [f"`{column.name}` {STORED_TYPES[column.type]}" for column in contract.stored]
    return ", ".join([*columns, *([f"`{contract.partition}` DATE"] if contract.partition else [])])


def _seen_type(column: Column) -> str:
    return _WHOLE_NUMBERS.get(column.type, STORED_TYPES[column.type])


def _as_number(column: Column, contract: Contract) -> str:
    """SQL that reads a column, times as epoch milliseconds or epoch days; the session's time zone is UTC."""
    match column.type:
        case Type.TIMESTAMP if column.name == contract.partition:
            return f"unix_date(`{column.name}`) * 86400000L"
        case Type.TIMESTAMP:
            return f"unix_millis(CAST(`{column.name}` AS TIMESTAMP))"
        case Type.DATE:
            return f"CAST(unix_date(`{column.name}`) AS BIGINT)"
        case _:
            return f"`{column.name}`"
