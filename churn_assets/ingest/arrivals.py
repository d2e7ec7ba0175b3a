"""What has landed, against what was read before: which files a day needs, and which days have changed."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Self

from churn_assets.errors import LandingError
from churn_assets.ingest.landing import LandingFile, is_served, list_landing
from churn_assets.ingest.manifest import FileDays, Manifest, changed, load, save, survey
from churn_assets.lake.lake import Lake

if TYPE_CHECKING:
    from pathlib import Path

    from upath import UPath

SHOWN_FILES = 5
MANIFEST = ".landing/manifest.json"
"""Where the manifest is, below the root of the lake."""


@dataclass(frozen=True)
class Arrivals:
    """The landing files that are there, and the manifest of those that were read, for the days of the log."""

    files: tuple[LandingFile, ...]
    manifest: Manifest
    first_day: date
    last_day: date

    def unread(self) -> tuple[LandingFile, ...]:
        """The files that the manifest does not know as they are now."""
        changes = changed(self.manifest, self.files, first_day=self.first_day, last_day=self.last_day)
        names = {*changes.new, *changes.changed}
        return tuple(file for file in self.files if file.name in names)

    def needed(self, days: Collection[date]) -> tuple[LandingFile, ...]:
        """The files to read for `days`: those known to hold some of them, and those not known yet.

        Raises LandingError if a file that held some of them has vanished, since its rows would be lost in silence.
        """
        there = {file.name for file in self.files}
        known = self.manifest.files_for(days)
        vanished = [name for name in known if name not in there]
        if vanished:
            raise LandingError(self._what_vanished(vanished, days))
        names = {*known, *(file.name for file in self.unread())}
        return tuple(file for file in self.files if file.name in names)

    def _what_vanished(self, vanished: Sequence[str], days: Collection[date]) -> str:
        shown = ", ".join(vanished[:SHOWN_FILES]) + (" …" if len(vanished) > SHOWN_FILES else "")
        lost = [day for day in self.manifest.days_of(vanished) if day in days]
        return (
            f"Landing files that held lines of {lost[0]} to {lost[-1]} have vanished: {shown}. Reading these days "
            "again would lose their rows. Put the files back; or, to give those rows up, delete the manifest of "
            "landing files (`.landing/manifest.json` in the lake) and materialise the days again."
        )

    def with_entries(self, entries: Iterable[FileDays]) -> Self:
        """The same, with files known as they were just read."""
        return replace(self, manifest=self.manifest.with_files(entries))

    def surveyed(self) -> Self:
        """The same, with the days of every unread file found out; LandingError if one cannot be read."""
        return self.with_entries(survey(f, first_day=self.first_day, last_day=self.last_day) for f in self.unread())

    def versions(self) -> Mapping[str, str]:
        """What landed for each day, as a hash of the files with lines of it; days without any are left out.

        A raw day made from another version is stale.
        """
        parts: dict[date, list[str]] = {}
        for name in sorted(self.manifest.files):
            entry = self.manifest.files[name]
            for day, lines in entry.days.items():
                parts.setdefault(day, []).append(f"{name}|{entry.size}|{entry.version}|{lines}")
        return {day.isoformat(): hashlib.sha256("\n".join(found).encode()).hexdigest() for day, found in parts.items()}

    def without_served(self) -> Self:
        """The same, as if nothing had ever been written to the folder of served events."""
        logs = {name: entry for name, entry in self.manifest.files.items() if not is_served(name)}
        files = tuple(file for file in self.files if not is_served(file.name))
        return replace(self, files=files, manifest=Manifest(logs))


def arrivals(url: str, lake: Lake, first_day: date, last_day: date) -> Arrivals:
    """What has landed at `url` for the days of the log, beside what the lake's manifest knows."""
    files = list_landing(url)
    with lake.told("read"):
        return Arrivals(files, load(manifest_path(lake)), first_day, last_day)


def remember(found: Arrivals, lake: Lake) -> None:
    """Keep the manifest for the next time."""
    with lake.told("written to"):
        save(found.manifest, manifest_path(lake))


def manifest_path(lake: Lake) -> "Path | UPath":
    """Where the manifest of landing files is."""
    return lake.beside(MANIFEST)
