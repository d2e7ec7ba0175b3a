"""What has landed: the log files below a folder or any fsspec URL, and how to open them."""

import io
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from churn_assets.errors import LandingError
from churn_assets.lake.bucket import FRESH
from churn_assets.lake.folder import is_local, local_path

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

FORMATS = (".json", ".jsonl")
COMPRESSIONS = ("", ".gz", ".zst")
SUFFIXES = tuple(form + compression for form in FORMATS for compression in COMPRESSIONS)
_BUFFER_BYTES = 1 << 20
_VERSION_KEYS = ("ETag", "etag", "md5Hash", "content_md5", "mtime", "LastModified", "last_modified", "created")


SERVED = "served/"
"""Where the export of served events writes to, relative to the landing folder."""


@dataclass(frozen=True)
class LandingFile:
    """One log file: its name relative to the landing folder, its URL, size in bytes, and version when it was listed."""

    name: str
    url: str
    size: int
    version: str

    @property
    def compression(self) -> str:
        """`.gz`, `.zst`, or nothing."""
        suffix = Path(self.name).suffix.lower()
        return suffix if suffix in COMPRESSIONS else ""

    @property
    def origin(self) -> str:
        """Who wrote it, as `ORIGINS` of the tables has it: whoever lands logs, or our export of served events."""
        return "served" if is_served(self.name) else "log"

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """The stored bytes, compressed as they are; LandingError if they cannot be read, now or later."""
        try:
            with self._open() as handle:
                yield handle
        except OSError as error:
            message = (
                f"Landing file {self.name} ({self.url}) cannot be read: {error.strerror or error}. "
                "Make it readable, or move it out of the landing folder."
            )
            raise LandingError(message) from error

    def _open(self) -> BinaryIO:
        if "://" not in self.url:
            return Path(self.url).open("rb")
        from fsspec.core import url_to_fs

        filesystem, path = url_to_fs(self.url, **FRESH)
        return cast("BinaryIO", io.BufferedReader(filesystem.open(path, "rb"), _BUFFER_BYTES))


def is_served(name: str) -> bool:
    """Whether the landing file of that name was written by our export of served events."""
    return name.startswith(SERVED)


def list_landing(url: str) -> tuple[LandingFile, ...]:
    """Every log file below `url`, at any depth, sorted by name; LandingError if there is no such folder.

    Hidden files and folders are left alone, and so is everything with another suffix, such as an upload's `.tmp`.
    """
    found = _local_files(url) if is_local(url) else _remote_files(url)
    return tuple(sorted(found, key=lambda file: file.name))


def _local_files(url: str) -> Iterator[LandingFile]:
    """Those of a folder of this machine; fsspec, which takes long to load, is not asked."""
    root = local_path(url).expanduser().absolute()
    if not root.is_dir():
        raise _no_folder(url)
    return _walk_local(root)


def _remote_files(url: str) -> Iterator[LandingFile]:
    from fsspec.core import url_to_fs

    filesystem, root = url_to_fs(url, **FRESH)
    if not filesystem.isdir(root):
        raise _no_folder(url)
    return _walk_remote(filesystem, root)


def _no_folder(url: str) -> LandingError:
    message = f"The landing folder {url} does not exist: create it, or set CHURN_LANDING to where log files arrive."
    return LandingError(message)


def _is_log(name: str) -> bool:
    is_hidden = any(part.startswith(".") for part in name.split("/"))
    return not is_hidden and name.lower().endswith(SUFFIXES)


def _walk_local(root: Path) -> Iterator[LandingFile]:
    """Log files below `root`; linked folders are followed, each real folder once, so that a loop of links ends."""
    seen: set[str] = set()
    for folder, subfolders, names in os.walk(root, followlinks=True, onerror=_refuse_folder):
        real = os.path.realpath(folder)
        if real in seen:
            subfolders.clear()
            continue
        seen.add(real)
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        paths = (Path(folder, name) for name in names)
        yield from (_local_file(root, path) for path in paths if _is_log(path.relative_to(root).as_posix()))


def _refuse_folder(error: OSError) -> None:
    message = f"Landing folder {error.filename} cannot be listed: {error.strerror}. Make it readable, or move it away."
    raise LandingError(message) from error


def _local_file(root: Path, path: Path) -> LandingFile:
    try:
        status = path.stat()
    except OSError as error:
        message = f"Landing file {path} cannot be read: {error.strerror}. Restore it, or remove the broken link."
        raise LandingError(message) from error
    return LandingFile(path.relative_to(root).as_posix(), str(path), status.st_size, str(status.st_mtime_ns))


def _walk_remote(filesystem: "AbstractFileSystem", root: str) -> Iterator[LandingFile]:
    found: Mapping[str, Mapping[str, Any]] = filesystem.find(root, detail=True)
    for path, info in found.items():
        name = path.removeprefix(root.rstrip("/")).lstrip("/")
        if _is_log(name):
            version = next((str(info[key]) for key in _VERSION_KEYS if info.get(key)), "")
            yield LandingFile(name, filesystem.unstrip_protocol(path), int(info["size"]), version)
