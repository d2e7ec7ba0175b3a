"""The folder for a run's data: large enough, gone afterwards, and never in the way of the next run."""

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = "churn-bench-"
LOCK = ".lock"
GIGABYTE = 1e9
SPARE_GB = 1.0
"""What must stay free beside the data: the system and others need some."""


class DiskTooSmallError(Exception):
    """The data would not fit; the message says how much is missing and what to do."""


@contextmanager
def scratch_folder(kept: Path | None, *, needed_gb: float) -> Iterator[Path]:
    """A folder for data of that size: `kept`, which stays with its data, or one that is removed with the block.

    What a run that was killed left behind is removed first. Raises DiskTooSmallError before anything is written.
    """
    parent = kept or Path(tempfile.gettempdir())
    remove_leftovers(Path(tempfile.gettempdir()))
    parent.mkdir(parents=True, exist_ok=True)
    _refuse_if_too_small(parent, needed_gb - (_gigabytes(kept) if kept else 0.0))
    if kept:
        yield kept.resolve()
        return
    with (
        tempfile.TemporaryDirectory(prefix=PREFIX, dir=parent, ignore_cleanup_errors=True) as folder,
        (Path(folder) / LOCK).open("w") as lock,
    ):
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield Path(folder).resolve()


def remove_leftovers(parent: Path) -> list[Path]:
    """Remove scratch folders whose run has ended without doing so itself: nobody holds their locks any more."""
    left = [lock.parent for lock in parent.glob(f"{PREFIX}*/{LOCK}") if _is_abandoned(lock)]
    for folder in left:
        shutil.rmtree(folder, ignore_errors=True)
    return left


def _is_abandoned(lock: Path) -> bool:
    try:
        with lock.open("r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _gigabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / GIGABYTE


def _refuse_if_too_small(folder: Path, needed_gb: float) -> None:
    free = shutil.disk_usage(folder).free / GIGABYTE
    missing = needed_gb + SPARE_GB - free
    if missing > 0:
        raise DiskTooSmallError(
            f"The data take about {needed_gb:.1f} GB, and {SPARE_GB:g} GB should stay free, but {folder} has "
            f"{free:.1f} GB. Free {missing:.1f} GB, choose another disk (`--scratch FOLDER`), fewer stages "
            "(`make bench STAGES=serving`) or the small size (`make bench SIZE=small`)."
        )
