"""Log files that we write ourselves, brought to where logs land: a folder, or a bucket by way of one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import fsspec
from fsspec.implementations.local import LocalFileSystem

from churn_assets.errors import LandingError
from churn_assets.lake.bucket import FRESH
from churn_assets.lake.faults import failures


@contextmanager
def landing_folder(url: str) -> Iterator[Path]:
    """A folder to write log files into, which lie at `url` when the block ends; one that failed brings nothing there.

    A folder is itself; for a bucket it is a temporary one, and files of the same names are replaced. LandingError if
    the bucket cannot be written to.
    """
    filesystem, root = fsspec.core.url_to_fs(url, **FRESH)
    if isinstance(filesystem, LocalFileSystem):
        yield Path(root)
        return
    with TemporaryDirectory() as scratch:
        yield Path(scratch)
        _put(filesystem, Path(scratch), root.rstrip("/"))


def holds_anything(url: str) -> bool:
    """Whether there is anything where logs land; nothing where there is no such place."""
    filesystem, root = fsspec.core.url_to_fs(url, **FRESH)
    return bool(filesystem.exists(root) and filesystem.ls(root))


def _put(filesystem: fsspec.AbstractFileSystem, folder: Path, root: str) -> None:
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        try:
            filesystem.put_file(str(path), f"{root}/{name}")
        except failures() as error:
            message = (
                f"{name} cannot be put into the landing folder {filesystem.unstrip_protocol(root)} ({error}): make the "
                "bucket, or correct CHURN_LANDING or the credentials (docs/how-to/object-storage.md)."
            )
            raise LandingError(message) from error
