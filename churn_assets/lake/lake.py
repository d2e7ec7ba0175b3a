"""The lake: one Parquet file a table or partition, hive-style folders, replaced atomically."""

import os
import uuid
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from churn_assets.contracts.contract import Contract
from churn_assets.errors import MissingPartitionError

FILE = "part-0.parquet"
SHOWN_KEYS = 5
WHOLE = ""
"""Key of the single partition of a table that is not partitioned."""


@dataclass(frozen=True)
class Scan:
    """The files of a table that a reader wants: partition keys and their paths, in key order."""

    contract: Contract
    files: tuple[tuple[str, Path], ...]

    @property
    def paths(self) -> list[str]:
        """Paths of the files, as text."""
        return [str(path) for _, path in self.files]

    def only(self, keys: Collection[str]) -> "Scan":
        """The same scan, of the partitions in `keys` alone."""
        return Scan(self.contract, tuple(file for file in self.files if file[0] in keys))

    def between(self, first: str, last: str) -> "Scan":
        """The same scan, of the partitions from `first` to `last`, both included."""
        return Scan(self.contract, tuple(file for file in self.files if first <= file[0] <= last))


@dataclass(frozen=True)
class Lake:
    """Tables below a root folder: `<root>/<table>/day=2026-01-02/part-0.parquet`."""

    root: Path

    def path(self, contract: Contract, key: str = WHOLE) -> Path:
        """Where the partition `key` of a table is, or would be."""
        folder = self.root / contract.table
        return (folder / f"{contract.partition}={key}" if contract.partition else folder) / FILE

    def keys(self, contract: Contract) -> list[str]:
        """Keys of the partitions that are there, in order."""
        if contract.partition is None:
            return [WHOLE] if self.path(contract).exists() else []
        found = (self.root / contract.table).glob(f"{contract.partition}=*/{FILE}")
        return sorted(path.parent.name.partition("=")[2] for path in found)

    def scan(self, contract: Contract, keys: Sequence[str] | None = None) -> Scan:
        """The files of the partitions `keys` (all that are there, if None).

        Raises MissingPartitionError for a key, or a whole table, that has not been materialised.
        """
        there = self.keys(contract)
        wanted = there if keys is None else sorted(set(keys))
        missing = sorted(set(wanted) - set(there))
        if missing or not (there or contract.partition):
            raise MissingPartitionError(_what_is_missing(contract, missing, there))
        return Scan(contract, tuple((key, self.path(contract, key)) for key in wanted))

    def find(self, contract: Contract, keys: Collection[str]) -> Scan:
        """The files of those partitions among `keys` that are there; the others are left out."""
        there = set(self.keys(contract))
        return Scan(contract, tuple((key, self.path(contract, key)) for key in sorted(set(keys)) if key in there))

    @contextmanager
    def replacing(self, contract: Contract, key: str = WHOLE) -> Iterator[Path]:
        """Give a path to write the new file of a partition to; it takes the old one's place when the block ends well.

        The file is written beside, fsynced and renamed, so that a reader sees the old partition or the
        new one and a killed run leaves nothing that a later one reads.
        """
        staged = self.staging() / f"{uuid.uuid4().hex}.parquet"
        try:
            yield staged
            self.adopt(contract, key, staged)
        finally:
            staged.unlink(missing_ok=True)

    def adopt(self, contract: Contract, key: str, staged: Path) -> None:
        """Make the finished file `staged`, on the same file system, the partition `key`."""
        target = self.path(contract, key)
        target.parent.mkdir(parents=True, exist_ok=True)
        put_in_place(staged, target)

    def staging(self) -> Path:
        """Folder for files that are still being written; readers never look into it."""
        folder = self.root / ".staging"
        folder.mkdir(parents=True, exist_ok=True)
        return folder


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


def _what_is_missing(contract: Contract, missing: Sequence[str], there: Sequence[str]) -> str:
    if not there:
        return f"{contract.table} has not been materialised: run `churn-assets run`, or materialise it in Dagster."
    shown = ", ".join(missing[:SHOWN_KEYS]) + (" …" if len(missing) > SHOWN_KEYS else "")
    return (
        f"{contract.table} has no partition {shown}; "
        f"there are {len(there)}, from {there[0]} to {there[-1]}. Materialise the missing ones with `churn-assets run`."
    )
