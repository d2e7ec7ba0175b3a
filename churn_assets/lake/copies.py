"""Local copies of objects of the lake, by version: what this machine wrote or read once is not fetched again.

A copy is the whole of one version, found by it, and never changes. So nothing has to be checked when it is read, and a
reader who was given one keeps it, as an open file keeps what was renamed away. Beyond a limit, those that were not
used for longest are removed; those of the last hour stay, since some query may be about to open them.
"""

import hashlib
import os
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from churn_assets.lake.folder import put_in_place

LEASE_S = 3_600.0
"""Seconds for which a copy that was given to a reader stays, come what may."""
GB = 1_000_000_000
LOOKS = 16
"""Part of the limit that is added before a process looks at it again."""


@dataclass(frozen=True)
class Version:
    """One version of an object: its name below the root, what the store calls the version, and its bytes."""

    name: str
    tag: str
    size: int


@dataclass(eq=False)
class Copies:
    """A folder of copies, shared by the processes of a home, of up to about `most_bytes`."""

    folder: Path
    most_bytes: int
    _unseen_bytes: int | None = None
    """What this process added since it looked at the limit; None if it never looked."""

    @classmethod
    def up_to(cls, folder: Path, gigabytes: float) -> Self:
        """The copies in a folder, limited as the settings say."""
        return cls(folder, round(gigabytes * GB))

    @property
    def staging(self) -> Path:
        """Folder for files that are still being written, on the same file system."""
        return self.folder / ".staging"

    def path(self, version: Version) -> Path:
        """Where the copy of a version is, or would be: below the same folders as the object, as readers expect."""
        named = f"{_digest(f'{version.tag} {version.size}')}.parquet"
        return (self.folder / version.name).with_name(named)

    def find(self, version: Version, now: float) -> Path | None:
        """The copy of a version, marked as used at the epoch second `now`; None if there is none."""
        path = self.path(version)
        try:
            known = path.stat()
            os.utime(path, (now, known.st_mtime))
        except FileNotFoundError:
            return None
        return path if known.st_size == version.size else None

    def fetched(self, bring: Callable[[Path], Version], now: float) -> Path:
        """The copy that `bring` makes, by writing a file and saying which version it is."""
        self.staging.mkdir(parents=True, exist_ok=True)
        staged = self.staging / f"{uuid.uuid4().hex}.parquet"
        try:
            return self.keep(staged, bring(staged), now)
        finally:
            staged.unlink(missing_ok=True)

    def keep(self, staged: Path, version: Version, now: float) -> Path:
        """Make the finished file `staged`, on the same file system, the copy of a version."""
        path = self.path(version)
        path.parent.mkdir(parents=True, exist_ok=True)
        put_in_place(staged, path)
        os.utime(path, (now, path.stat().st_mtime))
        for older in path.parent.glob("*.parquet"):
            _remove(older, unless_used_after=now - LEASE_S)
        self._make_room(version.size, now)
        return path

    def _make_room(self, added: int, now: float) -> None:
        """Keep the limit, which is looked at again only once enough was added to matter."""
        is_due = self._unseen_bytes is None or self._unseen_bytes + added > self.most_bytes // LOOKS
        self._unseen_bytes = 0 if is_due else (self._unseen_bytes or 0) + added
        if is_due:
            self.tidy(now)

    def tidy(self, now: float) -> None:
        """Remove the copies that were not used for longest, until the others keep the limit."""
        found = [(*status, path) for path in self.files() if (status := _status(path)) is not None]
        held = sum(size for _, size, _ in found)
        for _, size, path in sorted(found):
            if held <= self.most_bytes:
                return
            held -= size if _remove(path, unless_used_after=now - LEASE_S) else 0

    def files(self) -> list[Path]:
        """Every copy that there is."""
        return [path for path in self.folder.rglob("*.parquet") if self.staging not in path.parents]


def _status(path: Path) -> tuple[float, int] | None:
    """When a copy was used last, and its bytes; None if another process has removed it."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_atime, status.st_size


def _remove(path: Path, *, unless_used_after: float) -> bool:
    """Remove a copy; whether that was done, by whomever."""
    try:
        if path.stat().st_atime > unless_used_after:
            return False
        path.unlink()
    except FileNotFoundError:
        pass
    return True


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
