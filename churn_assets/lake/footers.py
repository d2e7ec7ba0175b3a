"""What the footers of Parquet files tell: how many rows there are, without reading any."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from churn_assets.errors import OvertakenError
from churn_assets.lake.bucket import AT_ONCE, Remote
from churn_assets.lake.lake import Scan, brought, parted

if TYPE_CHECKING:
    import pyarrow.parquet as pq

FOOTER_BYTES = 4 << 20
"""An object of up to these bytes is fetched whole for its footer: the next reader will want the rest."""


def rows_of(scan: Scan) -> int:
    """Rows of all files of a scan; of an object that has no copy here, only its end is fetched."""
    near, far = parted([place for _, place in scan.places], above=FOOTER_BYTES)
    rows: int = sum(_footer(path).num_rows for path in brought(near))
    if far:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            rows += sum(found.num_rows for found in pool.map(_footer_of, far))
    return rows


def _footer(path: Path) -> "pq.FileMetaData":
    import pyarrow.parquet as pq

    return pq.read_metadata(path)


def _footer_of(remote: Remote) -> "pq.FileMetaData":
    import pyarrow.parquet as pq

    try:
        with remote.opened() as ranges:
            return pq.read_metadata(ranges)
    except OvertakenError:
        return _footer(*brought([remote]))
