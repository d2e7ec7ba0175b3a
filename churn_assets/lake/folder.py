"""A lake's root that is a folder: files are renamed into place, durably."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LOCAL_PROTOCOLS = (None, "file", "local")


@dataclass(frozen=True)
class Folder:
    """Files below a local folder, named relative to it."""

    path: Path

    @property
    def staging(self) -> Path:
        """Folder for files that are still being written, on the same file system."""
        return self.path / ".staging"

    def find(self, name: str) -> Path | None:
        """The file of that name, if it is there."""
        path = self.path / name
        return path if path.exists() else None

    def partitions(self, table: str, column: str, file: str) -> dict[str, Path]:
        """The files `<table>/<column>=<key>/<file>` that are there, by key."""
        found = (self.path / table).glob(f"{column}=*/{file}")
        return {path.parent.name.partition("=")[2]: path for path in found}

    def below(self, table: str) -> dict[str, Path]:
        """Every Parquet file of a table, ours or not, by name."""
        found = (self.path / table).rglob("*.parquet")
        return {path.relative_to(self.path).as_posix(): path for path in sorted(found)}

    def tables(self) -> list[str]:
        """Names of the folders that are not hidden."""
        return sorted(self._visible())

    def _visible(self) -> Iterator[str]:
        folders = self.path.iterdir() if self.path.exists() else iter(())
        return (folder.name for folder in folders if folder.is_dir() and not folder.name.startswith("."))

    def put(self, staged: Path, name: str) -> None:
        """Make the finished file `staged`, on the same file system, the file of that name."""
        target = self.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        put_in_place(staged, target)

    def beside(self, name: str) -> Path:
        """Where a small file of ours that is no table lies."""
        return self.path / name


def is_local(url: str) -> bool:
    """Whether a root is a folder of this machine: a path, or a `file://` URL."""
    return _split(url)[0] in LOCAL_PROTOCOLS


def local_path(url: str) -> Path:
    """The folder that such a root names."""
    return Path(_split(url)[1])


def _split(url: str) -> tuple[str | None, str]:
    """Protocol and rest of a URL; fsspec, which takes long to load, is not asked about what is plainly a path."""
    if ":" not in url:
        return None, url
    from fsspec.core import split_protocol

    protocol, path = split_protocol(url)
    return protocol, path


def put_in_place(staged: Path, target: Path) -> None:
    """Make the finished file `staged`, on the same file system, the file `target`: in one step, and durably."""
    _sync(staged)
    staged.replace(target)
    _sync(target.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
