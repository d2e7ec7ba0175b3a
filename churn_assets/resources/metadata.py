"""What the UI shows of a table: its columns, its size, and a look at its rows."""

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from churn_assets.contracts.cells import cell
from churn_assets.contracts.contract import Column, Contract
from churn_assets.contracts.privacy import masked
from churn_assets.lake.engine import Written
from churn_assets.lake.lake import Lake

PREVIEW_ROWS = 5
PREVIEW_COLUMNS = 12

Metadata = Mapping[str, Any]
"""Metadata of a materialisation: values that Dagster knows how to show, by name."""


def column_schema(contract: Contract) -> dg.TableSchema:
    """The columns of a table as the UI's Columns tab shows them."""
    columns = [
        dg.TableColumn(
            column.name,
            column.type.value,
            column.description,
            constraints=dg.TableColumnConstraints(nullable=column.nullable, other=column_rules(column)),
        )
        for column in contract.columns
    ]
    unique = [f"unique: {', '.join(contract.key)}"] if contract.key else []
    return dg.TableSchema(columns, constraints=dg.TableConstraints(unique))


def column_rules(column: Column) -> list[str]:
    """The range and values that a column may hold, in words."""
    rules = []
    if column.at_least is not None:
        rules.append(f">= {column.at_least:g}")
    if column.at_most is not None:
        rules.append(f"<= {column.at_most:g}")
    if column.values is not None:
        rules.append(f"one of {', '.join(column.values)}")
    return rules


def table_metadata(contract: Contract, written: Written, lake: Lake) -> dict[str, dg.MetadataValue[Any]]:
    """Rows, bytes, content hash and first rows of a partition that was just written."""
    return {
        "dagster/row_count": dg.MetadataValue.int(written.rows),
        "rows": dg.MetadataValue.int(written.rows),
        "bytes": dg.MetadataValue.int(written.size_bytes),
        "sha256": dg.MetadataValue.text(written.sha256),
        "preview": dg.MetadataValue.md(preview(contract, lake, written.key)),
    }


def preview(contract: Contract, lake: Lake, key: str) -> str:
    """The first rows of a partition as a Markdown table, personal columns masked."""
    import pyarrow.parquet as pq

    names = [column.name for column in contract.stored][:PREVIEW_COLUMNS]
    with pq.ParquetFile(lake.path(contract, key)) as file:
        first = next(file.iter_batches(PREVIEW_ROWS, columns=names, use_threads=False), None)
    rows = first.to_pylist() if first is not None else []
    more = len(contract.stored) - len(names)
    table = markdown_table(names, [[masked(name, row[name]) for name in names] for row in rows])
    return f"{table}\n\n… and {more} more columns" if more else table


def markdown_table(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Rows as a Markdown table; long values are cut, and nothing in them is taken for markup."""
    head = [f"| {' | '.join(names)} |", f"|{' --- |' * len(names)}"]
    return "\n".join([*head, *(f"| {' | '.join(map(cell, row))} |" for row in rows)])
