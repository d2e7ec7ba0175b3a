"""What a forgetting has set out to do, durable before it is done, so that it can be taken up again after a crash.

The journal is the one place that names the listener while they are being forgotten; it is gone when that has ended.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from churn_assets.errors import ForgettingError

FOLDER, FILE, LOCK = ".forgetting", "pending.jsonl", "lock"


@dataclass(frozen=True)
class Blanked:
    """A landing file of which lines were blanked: its name, and size and version before."""

    name: str
    size: int
    version: str


@dataclass(frozen=True)
class Journal:
    """The pending forgetting of a home, one JSON object a line."""

    home: Path

    @property
    def path(self) -> Path:
        """The file, which is there while a forgetting is pending."""
        return self.home / FOLDER / FILE

    @property
    def lock(self) -> Path:
        """The lock that whoever forgets holds."""
        return self.home / FOLDER / LOCK

    @property
    def user(self) -> str | None:
        """Whose forgetting is pending; None if none is."""
        return next((str(entry["user"]) for entry in self._entries("begun")), None)

    def begin(self, user: str, at: datetime) -> None:
        """Set out to forget a listener, or take it up again; ForgettingError while another one is pending."""
        pending = self.user
        if pending is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.touch(mode=0o600)
            self._write("begun", user=user, at=at.isoformat())
        elif pending != user:
            message = (
                "Another listener's forgetting was interrupted and must be finished first: run "
                "`churn-assets forget --resume`."
            )
            raise ForgettingError(message)

    def end(self) -> None:
        """Forget whom it was about: the file is overwritten, then removed."""
        if self.path.exists():
            with self.path.open("r+b") as file:
                file.write(b"\0" * self.path.stat().st_size)
                file.flush()
                os.fsync(file.fileno())
            self.path.unlink()

    def removing(self, place: str, unit: str, rows: int) -> None:
        """Set out to remove so many rows of a unit (a file, a partition) of a place."""
        self._write("removing", place=place, unit=unit, rows=rows)

    def renaming(self, versions: Mapping[str, str]) -> None:
        """Set out to call versions of content otherwise, by the old hash."""
        if versions:
            self._write("renaming", versions=dict(versions))

    def blanking(self, file: Blanked) -> None:
        """Set out to blank lines of a landing file."""
        self._write("blanking", **vars(file))

    def seen_by(self, version: str) -> None:
        """Remember that a model version was trained on the listener."""
        self._write("seen", version=version)

    @property
    def removed(self) -> Mapping[str, int]:
        """Rows by place; a unit that was tried twice counts once."""
        units = {(e["place"], e["unit"]): int(e["rows"]) for e in self._entries("removing")}
        totals: dict[str, int] = {}
        for (place, _), rows in units.items():
            totals[place] = totals.get(place, 0) + rows
        return totals

    def units(self, place: str) -> frozenset[str]:
        """What was set out to be changed of a place."""
        return frozenset(entry["unit"] for entry in self._entries("removing") if entry["place"] == place)

    @property
    def renamed(self) -> Mapping[str, str]:
        """Newest hashes by the old ones: what was written twice was renamed twice."""
        steps = {old: new for entry in self._entries("renaming") for old, new in entry["versions"].items()}
        return {old: _followed(steps, old) for old in steps}

    @property
    def blanked(self) -> Mapping[str, Blanked]:
        """Landing files of which lines were blanked, by name, as they were before the first time."""
        found: dict[str, Blanked] = {}
        for entry in self._entries("blanking"):
            found.setdefault(entry["name"], Blanked(entry["name"], entry["size"], entry["version"]))
        return found

    @property
    def versions(self) -> tuple[str, ...]:
        """Model versions that were trained on the listener, in order."""
        return tuple(sorted({str(entry["version"]) for entry in self._entries("seen")}, key=int))

    def _write(self, kind: str, **entry: Any) -> None:
        with self.path.open("ab") as file:
            file.write(json.dumps({"kind": kind, **entry}).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def _entries(self, kind: str) -> Iterator[dict[str, Any]]:
        """The entries of a kind; a last line that a crash cut off was never acted upon."""
        if not self.path.exists():
            return
        for line in self.path.read_bytes().split(b"\n"):
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if entry["kind"] == kind:
                yield entry


def _followed(steps: Mapping[str, str], old: str) -> str:
    """Where a chain of renamings ends, or comes back to where it has been."""
    seen, new = {old}, steps[old]
    while new in steps and new not in seen:
        seen.add(new)
        new = steps[new]
    return new


def why_nothing_may_run(home: Path) -> str | None:
    """In words, that a forgetting is going on or was interrupted: runs would write what it removes. None if not."""
    if not Journal(home).path.exists():
        return None
    return (
        "A listener is being forgotten, and nothing may run meanwhile: wait until `churn-assets forget` has ended; if "
        "it was interrupted, finish it with `churn-assets forget --resume`."
    )
