"""The lake: one Parquet file a table or partition, hive-style folders, replaced atomically.

Its root is a folder, or a bucket of an object store (`bucket.py`), of whose objects readers get local copies.
"""

import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from churn_assets.contracts.contract import Contract
from churn_assets.errors import MissingPartitionError
from churn_assets.lake.bucket import Bucket, Remote
from churn_assets.lake.copies import Copies
from churn_assets.lake.folder import Folder, is_local, local_path

if TYPE_CHECKING:
    from upath import UPath

    from churn_assets.settings import Settings

FILE = "part-0.parquet"
SHOWN_KEYS = 5
WHOLE = ""
"""Key of the single partition of a table that is not partitioned."""

Place = Path | Remote
"""Where a file is: in a folder, or an object of a bucket at one version."""


@dataclass(frozen=True)
class Scan:
    """The files of a table that a reader wants: partition keys and where their files are, in key order.

    What lies elsewhere is fetched once `files` or `paths` are asked for, and not before.
    """

    contract: Contract
    places: tuple[tuple[str, Place], ...]

    @property
    def keys(self) -> list[str]:
        """Keys of the partitions."""
        return [key for key, _ in self.places]

    @property
    def files(self) -> tuple[tuple[str, Path], ...]:
        """Keys, and paths on this machine."""
        return tuple(zip(self.keys, brought([place for _, place in self.places]), strict=True))

    @property
    def paths(self) -> list[str]:
        """Paths of the files on this machine, as text."""
        return [str(path) for _, path in self.files]

    @property
    def size_bytes(self) -> int:
        """Bytes of the files, as they are stored."""
        return sum(size_of(place) for _, place in self.places)

    def newest_first(self) -> "Iterator[tuple[str, Scan]]":
        """Each partition by itself, the last one first: for readers who stop once they have found something."""
        return ((place[0], Scan(self.contract, (place,))) for place in reversed(self.places))

    def only(self, keys: Collection[str]) -> "Scan":
        """The same scan, of the partitions in `keys` alone."""
        return Scan(self.contract, tuple(place for place in self.places if place[0] in keys))

    def between(self, first: str, last: str) -> "Scan":
        """The same scan, of the partitions from `first` to `last`, both included."""
        return Scan(self.contract, tuple(place for place in self.places if first <= place[0] <= last))


@dataclass(frozen=True)
class Seen:
    """What was there when somebody looked, who wants to write over that alone; None where nothing was."""

    place: Place | None


@dataclass(frozen=True)
class Lake:
    """Tables below a root: `<root>/<table>/day=2026-01-02/part-0.parquet`."""

    root: Path | Bucket

    @classmethod
    def at(cls, url: str, copies: Copies) -> Self:
        """The lake at a folder or an fsspec URL; of objects behind a URL, `copies` holds those that were read.

        Raises SettingsError for a URL that nothing here can work with.
        """
        return cls(local_path(url) if is_local(url) else Bucket.at(url, copies))

    @classmethod
    def of(cls, settings: "Settings") -> Self:
        """The lake that the settings describe; SettingsError as `at`."""
        return cls.at(settings.lake_url, Copies.up_to(settings.lake_copies, settings.lake_copies_gb))

    @property
    def store(self) -> Folder | Bucket:
        """What lists, brings and replaces the files."""
        return Folder(self.root) if isinstance(self.root, Path) else self.root

    @property
    def folder(self) -> Path:
        """The folder of this machine that its files are in: the lake itself, or copies of an object store's."""
        return self.root if isinstance(self.root, Path) else self.root.copies.folder

    def name(self, contract: Contract, key: str = WHOLE) -> str:
        """Name of the file of the partition `key` of a table, relative to the root."""
        return (
            f"{contract.table}/{contract.partition}={key}/{FILE}" if contract.partition else f"{contract.table}/{FILE}"
        )

    def path(self, contract: Contract, key: str = WHOLE) -> Path:
        """Where the partition `key` of a table is, or would be; of an object that is there, a local copy."""
        if isinstance(self.root, Path):
            return self.root / self.name(contract, key)
        ((_, path),) = self.scan(contract, [key]).files
        return path

    def keys(self, contract: Contract) -> list[str]:
        """Keys of the partitions that are there, in order."""
        return sorted(self._there(contract))

    def scan(self, contract: Contract, keys: Sequence[str] | None = None) -> Scan:
        """The files of the partitions `keys` (all that are there, if None).

        Raises MissingPartitionError for a key, or a whole table, that has not been materialised.
        """
        there = self._there(contract)
        wanted = sorted(there) if keys is None else sorted(set(keys))
        missing = sorted(set(wanted) - set(there))
        if missing or not (there or contract.partition):
            raise MissingPartitionError(_what_is_missing(contract, missing, sorted(there)))
        return Scan(contract, tuple((key, there[key]) for key in wanted))

    def find(self, contract: Contract, keys: Collection[str] | None = None) -> Scan:
        """The files of those partitions among `keys` (of all, if None) that are there; the others are left out."""
        there = self._there(contract)
        wanted = sorted(there if keys is None else {*keys} & there.keys())
        return Scan(contract, tuple((key, there[key]) for key in wanted))

    def _there(self, contract: Contract) -> Mapping[str, Place]:
        if contract.partition is None:
            found = self.store.find(self.name(contract))
            return {} if found is None else {WHOLE: found}
        return self.store.partitions(contract.table, contract.partition, FILE)

    @contextmanager
    def replacing(self, contract: Contract, key: str = WHOLE, *, over: Seen | None = None) -> Iterator[Path]:
        """Give a path to write the new file of a partition to; it takes the old one's place when the block ends well.

        The file is written beside, fsynced and renamed (or put as a whole object), so that a reader sees the old
        partition or the new one and a killed run leaves nothing that a later one reads. `over` as in `adopt`.
        """
        staged = self.staging() / f"{uuid.uuid4().hex}.parquet"
        try:
            yield staged
            self.adopt(contract, key, staged, over=over)
        finally:
            staged.unlink(missing_ok=True)

    def adopt(self, contract: Contract, key: str, staged: Path, *, over: Seen | None = None) -> None:
        """Make the finished file `staged`, which lies in `staging`, the partition `key`.

        With `over`, only if that is still what is there: OvertakenError if another machine was faster. Within one
        machine, and on stores that do not compare, a lock must keep writers apart.
        """
        name = self.name(contract, key)
        if over is not None and isinstance(self.root, Bucket):
            assert not isinstance(over.place, Path)
            self.root.put_over(over.place, staged, name)
        else:
            self.store.put(staged, name)

    def below(self, table: str) -> dict[str, Path]:
        """Every Parquet file of a table, ours or not: its name below the root, and its path on this machine."""
        found = self.store.below(table)
        return dict(zip(found, brought(list(found.values())), strict=True))

    def seen(self, contract: Contract, key: str = WHOLE) -> Seen:
        """What the file of a partition is by now."""
        return Seen(self.store.find(self.name(contract, key)))

    def staging(self) -> Path:
        """Local folder for files that are still being written; readers never look into it."""
        folder = self.store.staging
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def told(self, doing: str) -> AbstractContextManager[None]:
        """Let what an object store's library raises meanwhile be an error for people; a folder's errors stay."""
        return self.root.told(doing) if isinstance(self.root, Bucket) else nullcontext()

    def beside(self, name: str) -> "Path | UPath":
        """Where a small file of ours that is no table lies, such as the manifest of landing files."""
        return self.store.beside(name)


def brought(places: Sequence[Place]) -> list[Path]:
    """Paths on this machine of files wherever they are; objects that are not here yet are fetched, some at a time."""
    remotes = [place for place in places if isinstance(place, Remote)]
    found = iter(remotes[0].bucket.bring(remotes) if remotes else ())
    return [place if isinstance(place, Path) else next(found) for place in places]


def parted(places: Sequence[Place], *, above: int) -> tuple[list[Place], list[Remote]]:
    """The files that are here or soon are, and the objects of more bytes than `above` that have no copy here."""
    near: list[Place] = []
    far: list[Remote] = []
    for place in places:
        if isinstance(place, Remote) and place.size > above and not place.is_here:
            far.append(place)
        else:
            near.append(place)
    return near, far


def size_of(place: Place) -> int:
    """Bytes of a file, wherever it is."""
    return place.stat().st_size if isinstance(place, Path) else place.size


def _what_is_missing(contract: Contract, missing: Sequence[str], there: Sequence[str]) -> str:
    if not there:
        return f"{contract.table} has not been materialised: run `churn-assets run`, or materialise it in Dagster."
    shown = ", ".join(missing[:SHOWN_KEYS]) + (" …" if len(missing) > SHOWN_KEYS else "")
    return (
        f"{contract.table} has no partition {shown}; "
        f"there are {len(there)}, from {there[0]} to {there[-1]}. Materialise the missing ones with `churn-assets run`."
    )
