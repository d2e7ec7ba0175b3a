"""What the footers of Parquet files tell: how many rows there are, without reading any."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from churn_assets.lake.bucket import AT_ONCE
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
            rows += sum(found.num_rows for found in pool.map(lambda remote: remote.read(_footer), far))
    return rows


def _footer(file: Path | BinaryIO) -> "pq.FileMetaData":
    import pyarrow.parquet as pq

    return pq.read_metadata(file)
