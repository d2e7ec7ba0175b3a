"""Tables of the lake as frames, and lists of what there is; only the files and columns asked for are read."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from churn_assets.errors import ContractError
from churn_assets.lake.footers import rows_of
from churn_assets.lake.frames import read_frame
from churn_assets.workspace.catalogue import ENTRIES, Entry
from churn_assets.workspace.partitions import Partitions, Shelf

if TYPE_CHECKING:
    import pandas as pd

    from churn_assets.lake.lake import Scan

COLUMNS = ("group", "partition", "exist", "of", "rows", "oldest", "newest", "description")


def load(scan: "Scan", columns: Sequence[str] | None) -> "pd.DataFrame":
    """The rows of a scan as a frame of `columns` (all, if None), in order of partitions.

    ContractError if a file was written by code that did not know one of the columns yet.
    """
    import pyarrow as pa

    try:
        return read_frame(scan, columns)
    except (KeyError, pa.ArrowInvalid) as error:
        lacking = _lacking(scan, scan.contract.names if columns is None else columns)
        if not lacking:
            raise
        message = (
            f"Some of {scan.contract.table} was made by earlier code, without {', '.join(lacking)}: ws.status() says "
            f"what is stale, and `churn-assets run` or ws.materialize({scan.contract.table!r}, ...) makes it again."
        )
        raise ContractError(message) from error


def _lacking(scan: "Scan", columns: Sequence[str]) -> list[str]:
    """Those of the columns that some file of the scan does not hold."""
    import pyarrow.parquet as pq

    wanted = {name for name in columns if name != scan.contract.partition}
    return sorted({name for _, path in scan.files for name in wanted - set(pq.read_schema(path).names)})


def listed(shelf: Shelf) -> "pd.DataFrame":
    """One row a table: partitions that exist, of how many that can, rows, the oldest and the newest."""
    from churn_assets.workspace.listing import Listing

    names = [entry.name for entry in ENTRIES]
    return Listing([_row(shelf.partitions(entry)) for entry in ENTRIES], index=names, columns=list(COLUMNS))


def _row(partitions: Partitions) -> tuple[Any, ...]:
    entry, there = partitions.entry, partitions.there
    of = len({*there, *partitions.possible})
    oldest, newest = (there[0], there[-1]) if there and entry.partition else (None, None)
    return entry.group, entry.partition, len(there), of, _rows(partitions), oldest, newest, entry.contract.row


def _rows(partitions: Partitions) -> int:
    """Rows of all files, from their footers alone."""
    return rows_of(partitions.shelf.lake.find(partitions.entry.contract, partitions.there))


def columns_of(entry: Entry) -> "pd.DataFrame":
    """One row a column of a table: its type, whether it may be null, and what it means."""
    from churn_assets.workspace.listing import Listing

    rows = [(one.type.value, one.nullable, one.description) for one in entry.contract.columns]
    return Listing(rows, index=list(entry.contract.names), columns=["type", "nullable", "description"])
