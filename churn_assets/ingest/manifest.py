"""Which days each landing file holds, kept beside the lake, so that only the files that matter are read again."""

import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Self

import msgspec
import numpy as np

from churn_assets.cutoffs import EPOCH
from churn_assets.errors import LandingError
from churn_assets.ingest.dated_lines import DatedLines, DaySpan, dated_lines
from churn_assets.ingest.landing import LandingFile
from churn_assets.lake.folder import put_in_place

if TYPE_CHECKING:
    from upath import UPath

RULES = 1
"""Raise it when lines get other days than before: manifests of other rules are not believed."""


@dataclass(frozen=True)
class FileDays:
    """One landing file at one version: its lines, how many are rows, and how many belong to each day.

    `outside` lists the days of lines that lie outside the span of days it was read for, which began on `first_day`.
    """

    name: str
    size: int
    version: str
    lines: int
    rows: int
    days: Mapping[date, int]
    outside: tuple[date, ...]
    first_day: date

    def is_current(self, file: LandingFile, span: DaySpan) -> bool:
        """Whether reading `file` for `span` would tell the same again."""
        is_same = (self.name, self.size, self.version) == (file.name, file.size, file.version)
        # Without a single row, the lines fell to the first day of the span for want of anything better.
        is_anchored = self.rows > 0 or self.lines == 0 or self.first_day == span.first
        return is_same and is_anchored and all(_is_in(day, span) for day in self.days) and not self._is_reopened(span)

    def _is_reopened(self, span: DaySpan) -> bool:
        return any(_is_in(day, span) for day in self.outside)


@dataclass(frozen=True)
class Changes:
    """What a landing folder holds now, compared with a manifest; names are sorted."""

    new: tuple[str, ...]
    changed: tuple[str, ...]
    vanished: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing has changed."""
        return not (self.new or self.changed or self.vanished)


@dataclass(frozen=True)
class Manifest:
    """What is known of the landing files, by name."""

    files: Mapping[str, FileDays] = field(default_factory=dict)

    def files_for(self, days: Collection[date]) -> tuple[str, ...]:
        """Names of the files that hold a line of any of `days`, sorted."""
        wanted = frozenset(days)
        return tuple(sorted(name for name, entry in self.files.items() if not wanted.isdisjoint(entry.days)))

    def days_of(self, names: Iterable[str]) -> tuple[date, ...]:
        """The days that the named files hold lines of, sorted; files that are not known hold none."""
        entries = (self.files[name] for name in names if name in self.files)
        return tuple(sorted({day for entry in entries for day in entry.days}))

    def with_files(self, entries: Iterable[FileDays]) -> Self:
        """The manifest with `entries` added, or put in place of older ones of their files."""
        return type(self)({**self.files, **{entry.name: entry for entry in entries}})


class Tally:
    """Adds up what a manifest should know of one file, while it is being read."""

    def __init__(self, file: LandingFile) -> None:
        self.lines = 0
        self._file = file
        self._rows = 0
        self._days: dict[date, int] = {}
        self._outside: set[date] = set()

    def add(self, dated: DatedLines) -> None:
        """Count the next lines of the file."""
        self.lines += dated.lines
        self._rows += dated.rows.num_rows
        for days in (dated.row_days, dated.faulty_days):
            for day, count in zip(*np.unique(days, return_counts=True), strict=True):
                self._days[_as_date(day)] = self._days.get(_as_date(day), 0) + int(count)
        self._outside.update(_as_date(day) for day in dated.outside)

    def entry(self, span: DaySpan) -> FileDays:
        """What was counted, once the file has been read to its end for `span`."""
        file, days, outside = self._file, dict(sorted(self._days.items())), tuple(sorted(self._outside))
        return FileDays(file.name, file.size, file.version, self.lines, self._rows, days, outside, span.first)


def survey(file: LandingFile, *, first_day: date, last_day: date) -> FileDays:
    """The days of `file`'s lines, exactly as `decode` gives them, for about half its cost; LandingError as there."""
    span = DaySpan(first_day, last_day)
    tally = Tally(file)
    for dated in dated_lines(file, span):
        tally.add(dated)
    return tally.entry(span)


def changed(manifest: Manifest, files: Iterable[LandingFile], *, first_day: date, last_day: date) -> Changes:
    """Which of the `files` that are there now the manifest does not know, or not for these days, and which are gone.

    A file with lines outside of the days of the log counts as changed once the days grow to hold them.
    """
    span = DaySpan(first_day, last_day)
    present = {file.name: file for file in files}
    known = manifest.files
    stale = (n for n, file in present.items() if n in known and not known[n].is_current(file, span))
    new, vanished = present.keys() - known.keys(), known.keys() - present.keys()
    return Changes(tuple(sorted(new)), tuple(sorted(stale)), tuple(sorted(vanished)))


def load(path: "Path | UPath") -> Manifest:
    """The manifest at `path`; an empty one if there is none yet or it follows older rules.

    Raises LandingError if it is damaged.
    """
    if not path.exists():
        return Manifest()
    try:
        stored = msgspec.json.decode(path.read_bytes(), type=_Stored)
    except msgspec.MsgspecError as error:
        message = f"The manifest of landing files {path} is damaged ({error}): delete it, and all files are surveyed."
        raise LandingError(message) from error
    return Manifest({entry.name: entry for entry in stored.files}) if stored.rules == RULES else Manifest()


def save(manifest: Manifest, path: "Path | UPath") -> None:
    """Put the manifest at `path` in one step: a reader sees the old one or the new one, never a part."""
    content = msgspec.json.encode(_Stored(RULES, tuple(manifest.files[name] for name in sorted(manifest.files))))
    if isinstance(path, Path):
        _replace(path, content)
    elif path.protocol in ("", "file"):
        _replace(Path(path.path), content)
    else:
        path.write_bytes(content)  # object stores put whole objects


def _replace(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_bytes(content)
    put_in_place(beside, path)


@dataclass(frozen=True)
class _Stored:
    """The form of a manifest in its file."""

    rules: int
    files: tuple[FileDays, ...]


def _is_in(day: date, span: DaySpan) -> bool:
    return span.first <= day <= span.last


def _as_date(day: np.int64) -> date:
    return EPOCH + timedelta(days=int(day))
