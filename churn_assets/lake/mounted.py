"""A bucket as a file system that DuckDB can be given: it lists objects as they are now, and opens local copies.

DuckDB needs no extension for it, skips partitions that a filter rules out before they are fetched, and finds what was
put since, at every execution. Reading objects in place through fsspec takes ten requests a file (decision 41).
"""

import io
from datetime import datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO

from fsspec import AbstractFileSystem

from churn_assets.errors import LakeUnreachableError
from churn_assets.lake.bucket import Bucket, Remote
from churn_assets.lake.lake import Lake

if TYPE_CHECKING:
    import duckdb

PROTOCOL = "lake"


class _Copy(io.BufferedReader):
    """An open copy that closes itself: DuckDB lets go of files without closing them, of which Python would warn."""

    def __del__(self) -> None:
        """Close it when nobody holds it."""
        self.close()


class Mounted(AbstractFileSystem):  # type: ignore[misc]  # fsspec ships no types
    """Parquet objects of one bucket, read-only, as `lake://<table>/day=2026-01-02/part-0.parquet`."""

    protocol = PROTOCOL
    cachable = False

    def __init__(self, bucket: Bucket) -> None:
        super().__init__()
        self._bucket = bucket
        self._listed: dict[str, Remote] = {}

    def glob(self, path: str, **_kwargs: Any) -> list[str]:
        """The objects of a table whose names match a pattern."""
        pattern = self._strip_protocol(path)
        table = PurePosixPath(pattern).parts[0]
        found = self._bucket.below(table)
        self._listed |= found
        return [name for name in found if PurePosixPath(name).match(pattern)]

    def info(self, path: str, **_kwargs: Any) -> dict[str, Any]:
        """Name and size of an object."""
        remote = self._remote(path)
        return {"name": remote.version.name, "size": remote.size, "type": "file"}

    def modified(self, path: str) -> datetime:
        """When the copy was made: later for every version that is read."""
        (copy,) = self._bucket.bring([self._remote(path)])
        return datetime.fromtimestamp(copy.stat().st_mtime).astimezone()

    def _open(self, path: str, *_args: Any, **_kwargs: Any) -> BinaryIO:
        (copy,) = self._bucket.bring([self._remote(path)])
        return _Copy(io.FileIO(copy))

    def _remote(self, path: str) -> Remote:
        """The object as it was listed by the query that opens it."""
        name = self._strip_protocol(path)
        found = self._listed.get(name) or self._bucket.find(name)
        if found is None:
            raise LakeUnreachableError(f"{name} is no longer in the lake {self._bucket}: run this again.")
        return found


def readable(lake: Lake, connection: "duckdb.DuckDBPyConnection") -> str:
    """Where a DuckDB connection finds the tables of a lake by name: its folder, or the lake mounted there."""
    if isinstance(lake.root, Bucket):
        connection.register_filesystem(Mounted(lake.root))
        return f"{PROTOCOL}:/"
    return str(lake.root)
