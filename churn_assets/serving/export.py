"""Writes served events as ordinary log files below `served/` of the landing folder, each prediction's once.

A file is named by the day of receipt and the numbers of the first and the last prediction it was made of, in a folder
of the store's own. The names and a hidden cursor say how far the export has come: killed anywhere, it goes on behind
the last file that is wholly there. Where the days of the log have changed since, it begins anew, and finds what lies in
the new ones; what it wrote before is known, or collapses with its double.
"""

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import zstandard

from churn_assets.cutoffs import day_of
from churn_assets.errors import LandingError
from churn_assets.ingest.landing import SERVED
from churn_assets.lake.lake import Lake
from churn_assets.registry.lock import exclusive
from churn_assets.serving.log_days import LogDays
from churn_assets.serving.reader import Received, Snapshot
from churn_assets.serving.served_events import sort_out

CURSOR, LOCK = ".cursor", ".lock"
LOCAL = "file://"
_NAME = re.compile(r"\d{4}-\d\d-\d\d-\d+-(\d+)\.jsonl\.zst")


@dataclass(frozen=True)
class Bounds:
    """The most that one file is made of: predictions, and bytes of their raw events."""

    predictions: int = 2_000
    raw_bytes: int = 64 << 20


@dataclass(frozen=True)
class Exported:
    """What an export did: predictions looked at, events and files written, and events left out by why."""

    predictions: int = 0
    events: int = 0
    files: Sequence[str] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class ServedFolder:
    """Where one store's events are written to, for the days of the log."""

    path: Path
    days: LogDays

    def cursor(self) -> int:
        """Number of the last prediction that was looked at for these days of the log; 0 before the first."""
        if not (self.path / CURSOR).exists():
            return self._newest_file()
        sequence, days = (self.path / CURSOR).read_text().split(" ", 1)
        return max(int(sequence), self._newest_file()) if days == self._span else 0

    def _newest_file(self) -> int:
        names = (path.name for path in self.path.iterdir()) if self.path.exists() else iter(())
        return max((int(match[1]) for name in names if (match := _NAME.fullmatch(name))), default=0)

    @property
    def _span(self) -> str:
        return f"{self.days.first} {self.days.last}"

    def publish(self, day: date, span: tuple[int, int], lines: Sequence[bytes]) -> str:
        """Write a file in one step; its name."""
        name = f"{day}-{span[0]:012d}-{span[1]:012d}.jsonl.zst"
        self._replace(name, zstandard.ZstdCompressor().compress(b"".join(line + b"\n" for line in lines)))
        return name

    def advance(self, sequence: int) -> None:
        """Remember that every prediction up to this number was looked at."""
        self._replace(CURSOR, f"{sequence} {self._span}".encode())

    def _replace(self, name: str, content: bytes) -> None:
        beside = self.path / f".{name}.tmp"
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self.path / name)
        folder = os.open(self.path, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def export(snapshot: Snapshot, landing: str, *, lake: Lake, days: LogDays, bounds: Bounds = Bounds()) -> Exported:
    """Write what the landing folder and the lake lack of the store's events; doing so again changes nothing.

    Raises LandingError if the landing folder is remote, missing or cannot be written to.
    """
    if not snapshot.newest:
        return Exported()
    folder = served_folder(landing, snapshot.identity, days)
    with _in_words(landing):
        folder.path.mkdir(parents=True, exist_ok=True)
        with exclusive(folder.path / LOCK):
            return _export(snapshot, folder, lake, bounds)


def is_behind(snapshot: Snapshot, landing: str, days: LogDays) -> bool:
    """Whether an export has anything to look at; LandingError as for `export`."""
    newest = snapshot.newest
    with _in_words(landing):
        return bool(newest) and served_folder(landing, snapshot.identity, days).cursor() < newest


@contextmanager
def _in_words(landing: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        message = f"Served events cannot be written to {landing} ({error.strerror or error}). {_HOW_TO_MEND}"
        raise LandingError(message) from error


def served_folder(landing: str, identity: str, days: LogDays) -> ServedFolder:
    """The folder of the store `identity` below a landing folder; LandingError unless that is a local folder."""
    if "://" in landing and not landing.startswith(LOCAL):
        raise LandingError(f"Served events can only be written to a local folder, not to {landing}. {_HOW_TO_MEND}")
    root = Path(landing.removeprefix(LOCAL))
    if not root.is_dir():
        message = f"The landing folder {landing} does not exist: create it, or set CHURN_LANDING to where logs arrive."
        raise LandingError(message)
    return ServedFolder(root / SERVED / identity, days)


_HOW_TO_MEND = (
    "Set CHURN_LANDING to a local folder that can be written to, or CHURN_USE_SERVED_EVENTS=false to leave served "
    "events out of the data."
)


def _export(snapshot: Snapshot, folder: ServedFolder, lake: Lake, bounds: Bounds) -> Exported:
    predictions, events = 0, 0
    files: list[str] = []
    left_out: Counter[str] = Counter()
    for group in _groups(snapshot.received_after(folder.cursor()), bounds):
        found = sort_out(group, lake, folder.days)
        first, last = group[0], group[-1]
        if found.lines:
            files.append(folder.publish(day_of(first.received_at), (first.sequence, last.sequence), found.lines))
        folder.advance(last.sequence)
        predictions += len(group)
        events += len(found.lines)
        left_out.update(found.left_out)
    return Exported(predictions, events, tuple(files), left_out)


def _groups(received: Iterable[Received], bounds: Bounds) -> Iterator[list[Received]]:
    """Neighbours of one day of receipt, as many as one file is made of."""
    group: list[Received] = []
    size = 0
    for one in received:
        is_same_day = bool(group) and day_of(group[0].received_at) == day_of(one.received_at)
        if group and (not is_same_day or len(group) >= bounds.predictions or size + len(one.logs) > bounds.raw_bytes):
            yield group
            group, size = [], 0
        group.append(one)
        size += len(one.logs)
    if group:
        yield group
