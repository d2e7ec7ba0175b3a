"""A lake's root on an object store, through fsspec: whole objects are put, and read as local copies.

The put of a finished object is the atomic step: a store shows the old object or the new one. A reader gets a whole copy
of one version, which is checked against what the store says of it, since a download in ranges could be half of each.
"""

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Self, TypeVar
from urllib.parse import urlsplit

from churn_assets.errors import LakeUnreachableError, OvertakenError, SettingsError
from churn_assets.lake.conditions import compares, condition
from churn_assets.lake.copies import Copies, Version
from churn_assets.lake.faults import is_bucket_missing, missing_library, told
from churn_assets.lake.versions import PART_BYTES, is_proven, tag_of

if TYPE_CHECKING:
    from upath import UPath

T = TypeVar("T")
AT_ONCE = 8
"""Objects that are fetched at the same time."""
TRIES = 5
"""How often an object is fetched that is replaced meanwhile."""
S3 = ("s3", "s3a")
FRESH = {"use_listings_cache": False}
"""Options of every file system: what another machine put must be seen."""


@dataclass(frozen=True)
class Remote:
    """An object of a bucket at one version."""

    bucket: "Bucket"
    version: Version

    @property
    def size(self) -> int:
        """Its bytes."""
        return self.version.size

    def opened(self) -> AbstractContextManager[BinaryIO]:
        """The object to be read in ranges; as `Bucket.opened`."""
        return self.bucket.opened(self)

    def read(self, reader: Callable[[Path | BinaryIO], T]) -> T:
        """What `reader` makes of the object in ranges; of a whole copy of what is there then, if it is replaced."""
        try:
            with self.opened() as ranges:
                return reader(ranges)
        except OvertakenError:
            (copy,) = self.bucket.bring([self])
            return reader(copy)

    @property
    def is_here(self) -> bool:
        """Whether there is a copy on this machine."""
        return self.bucket.copies.find(self.version, time.time()) is not None


@dataclass(frozen=True)
class Bucket:
    """Objects below a URL, named relative to it."""

    url: str
    copies: Copies

    @classmethod
    def at(cls, url: str, copies: Copies) -> Self:
        """The bucket of a URL; SettingsError for one with credentials in it."""
        parts = urlsplit(url)
        if "::" in url or parts.password is not None:
            message = (
                f"CHURN_LAKE names credentials or several file systems ({parts.scheme}://…): name the bucket alone, "
                "`s3://bucket/folder`, and give credentials by the environment (docs/how-to/object-storage.md)."
            )
            raise SettingsError(message)
        return cls(url.rstrip("/"), copies)

    def __str__(self) -> str:
        return self.url

    @property
    def staging(self) -> Path:
        """Local folder for files that are still being written."""
        return self.copies.staging

    @property
    def is_s3(self) -> bool:
        """Whether the store speaks S3, and so compares versions and pins what is read in ranges."""
        return self.url.partition("://")[0] in S3

    @cached_property
    def _place(self) -> tuple[Any, str]:
        import fsspec

        try:
            system, root = fsspec.core.url_to_fs(self.url, **FRESH)
        except ImportError as error:
            raise missing_library(self.url, error) from error
        except ValueError as error:
            raise SettingsError(f"CHURN_LAKE is {self.url!r}, which names no store that is known: {error}.") from error
        return system, root.rstrip("/")

    def require_library(self) -> None:
        """Raise SettingsError if nothing that is installed speaks to such a store; nothing is asked of it."""
        assert self.system is not None

    @property
    def system(self) -> Any:
        """The fsspec file system, which keeps no listings."""
        return self._place[0]

    def address(self, name: str) -> str:
        """What the file system calls an object."""
        return f"{self._place[1]}/{name}"

    def find(self, name: str) -> Remote | None:
        """The object of that name as it is now, if it is there."""
        with self.told("read"):
            try:
                return self._remote(name, self.system.info(self.address(name)))
            except FileNotFoundError as error:
                if is_bucket_missing(error):
                    raise
                return None

    def partitions(self, table: str, column: str, file: str) -> dict[str, Remote]:
        """The objects `<table>/<column>=<key>/<file>` that are there, by key."""
        wanted = re.compile(rf"{re.escape(table)}/{re.escape(column)}=([^/]+)/{re.escape(file)}")
        found = ((wanted.fullmatch(name), remote) for name, remote in self._listed(table))
        return {match[1]: remote for match, remote in found if match}

    def below(self, table: str) -> dict[str, Remote]:
        """Every Parquet object of a table, ours or not, by name."""
        return {name: remote for name, remote in sorted(self._listed(table)) if name.endswith(".parquet")}

    def tables(self) -> list[str]:
        """Names of the folders that are not hidden."""
        root = self._place[1]
        with self.told("listed"):
            try:
                found = self.system.ls(root, detail=True)
            except FileNotFoundError as error:
                if is_bucket_missing(error):
                    raise
                return []
        names = (info["name"].rstrip("/").rpartition("/")[2] for info in found if info["type"] == "directory")
        return sorted(name for name in names if not name.startswith("."))

    def _listed(self, table: str) -> Iterator[tuple[str, Remote]]:
        root = f"{self._place[1]}/"
        with self.told("listed"):
            try:
                found: Mapping[str, Mapping[str, Any]] = self.system.find(self.address(table), detail=True)
            except FileNotFoundError as error:
                if is_bucket_missing(error):
                    raise
                found = {}
        for path, info in found.items():
            name = path.removeprefix(root)
            yield name, self._remote(name, info)

    def _remote(self, name: str, info: Mapping[str, Any]) -> Remote:
        tag = tag_of(info)
        if not tag:
            message = (
                f"The store of the lake {self.url} does not tell one version of an object from another, so that a "
                "reader could not know what it reads: put the lake on S3, Google Cloud Storage, Azure or a folder."
            )
            raise SettingsError(message)
        return Remote(self, Version(name, tag, int(info["size"])))

    def bring(self, remotes: Sequence[Remote]) -> list[Path]:
        """Local copies of objects, those that are not here yet fetched a few at a time.

        An object that was replaced since it was listed comes as it is now: whole, and never half of each.
        """
        here = [self.copies.find(remote.version, time.time()) for remote in remotes]
        lacking = [remote for remote, path in zip(remotes, here, strict=True) if path is None]
        if not lacking:
            return [path for path in here if path is not None]
        with ThreadPoolExecutor(min(AT_ONCE, len(lacking))) as pool:
            fetched = dict(zip(lacking, pool.map(self._fetch, lacking), strict=True))
        return [path or fetched[remote] for remote, path in zip(remotes, here, strict=True)]

    def _fetch(self, remote: Remote) -> Path:
        with self.told("read"):
            try:
                return self.copies.fetched(lambda staged: self._whole(remote, staged), time.time())
            except FileNotFoundError as error:
                name = remote.version.name
                raise LakeUnreachableError(f"{name} of the lake {self.url} was removed while it was read.") from error

    def _whole(self, remote: Remote, staged: Path) -> Version:
        """Fetch an object; which version it is the whole of."""
        version = remote.version
        for _ in range(TRIES):
            self.system.get_file(self.address(version.name), str(staged))
            if is_proven(staged, version.tag):
                return version
            there = self._remote(version.name, self.system.info(self.address(version.name))).version
            if there == version and staged.stat().st_size == version.size:
                return version
            version = there
        raise LakeUnreachableError(f"{self.url}/{version.name} is replaced faster than it can be read: try again.")

    def put(self, staged: Path, name: str) -> None:
        """Make the finished file `staged`, which lies in `staging`, the object of that name."""
        how = {"chunksize": PART_BYTES} if self.is_s3 else {}
        self._put(staged, name, how)

    def put_over(self, seen: Remote | None, staged: Path, name: str) -> None:
        """The same, if the object is still the one that was `seen` (None: there is none), as far as the store compares.

        OvertakenError if it is not.
        """
        if self.is_s3 and compares(self):
            self._put(staged, name, condition(None if seen is None else seen.version.tag))
        else:
            self.put(staged, name)

    def _put(self, staged: Path, name: str, how: Mapping[str, Any]) -> None:
        with self.told("written to"):
            try:
                self.system.put_file(str(staged), self.address(name), **how)
                version = self._remote(name, self.system.info(self.address(name))).version
            except FileNotFoundError as error:
                if is_bucket_missing(error):
                    raise
                raise OvertakenError(f"{self.url}/{name} was removed by another machine.") from error
        # Another machine may have been faster by now: only what is proven to be that version is kept as its copy.
        if is_proven(staged, version.tag):
            self.copies.keep(staged, version, time.time())

    @contextmanager
    def opened(self, remote: Remote) -> Iterator[BinaryIO]:
        """An object to be read in ranges, pinned to one version: OvertakenError where it is replaced meanwhile.

        Only S3 pins; of another store's objects this is a whole copy.
        """
        if not self.is_s3:
            (path,) = self.bring([remote])
            with path.open("rb") as copy:
                yield copy
            return
        with (
            self.told("read"),
            self.system.open(self.address(remote.version.name), "rb", cache_type="none") as ranges,
        ):
            yield ranges

    def beside(self, name: str) -> "UPath":
        """Where a small object of ours that is no table lies."""
        from upath import UPath

        path: UPath = UPath(f"{self.url}/{name}", protocol=None, **FRESH)
        return path

    def keeps_versions(self) -> bool:
        """Whether the store keeps what was put over, as far as it tells: of one that does not, True."""
        if not self.is_s3:
            return True
        try:
            with self.told("asked"):
                bucket, *_ = self.system.split_path(self.address(""))
                said: Mapping[str, Any] = self.system.call_s3("get_bucket_versioning", Bucket=bucket)
        except (LakeUnreachableError, FileNotFoundError):
            return True
        return said.get("Status") in ("Enabled", "Suspended")

    def superseded(self) -> list[Path]:
        """Local copies that are of no version that is there now."""
        present = {self.copies.path(one.version) for table in self.tables() for one in self.below(table).values()}
        return sorted(set(self.copies.files()) - present)

    def told(self, doing: str) -> AbstractContextManager[None]:
        """Let what goes wrong meanwhile be an error for people."""
        return told(self.url, doing)
