"""Every other file below a home: reports as CSV and HTML, artefacts, logs, exports, whatever somebody put there."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from churn_assets.forgetting.journal import FOLDER, Journal
from churn_assets.forgetting.listener import Listener
from churn_assets.forgetting.rows import count, leave_out
from churn_assets.forgetting.texts import Cleaner

LOST = (".tmp", ".part", ".forgetting")
"""Ends of names of files that were being written when somebody was killed."""
TEXTS = (".json", ".md", ".html", ".txt", ".yaml", ".yml", ".ipynb")
LINES = (".jsonl", ".ndjson", ".log", ".out", ".err")
CLOSED = (".gz", ".zst", ".zip", ".tar", ".tgz", ".xz", ".bz2", ".7z", ".pkl", ".pickle", ".xlsx", ".feather", ".arrow")
"""Ends of names of files that nothing of ours writes there, and that are not looked into."""


@dataclass(frozen=True)
class FilesPlace:
    """The files below some folders, but for what lies below `others`, which are places of their own."""

    name: str
    folders: Sequence[Path]
    others: Sequence[Path]
    listener: Listener

    @cached_property
    def _found(self) -> Sequence[tuple[Path, int]]:
        found = ((file, held_in(file, self.listener)) for file in self._files())
        return [(file, rows) for file, rows in found if rows]

    def held(self) -> int:
        """Rows, entries and words that tell of the listener."""
        return sum(rows for _, rows in self._found)

    def remove(self, journal: Journal) -> None:
        """Leave them out, each file replaced as a whole."""
        for file, rows in self._found:
            journal.removing(self.name, str(file), rows)
            rewrite(file, self.listener)

    def closed(self) -> list[Path]:
        """Files that are not looked into, since they are packed in ways that nothing of ours uses there."""
        return [file for file in self._files() if file.suffix in CLOSED]

    def _files(self) -> Iterator[Path]:
        apart = {path.resolve() for path in self.others}
        for top in self.folders:
            for folder, subfolders, names in os.walk(top):
                subfolders[:] = sorted(n for n in subfolders if Path(folder, n).resolve() not in apart and n != FOLDER)
                yield from (
                    path for path in (Path(folder, name) for name in sorted(names)) if path.resolve() not in apart
                )


CLEANED: Mapping[str, Callable[[Cleaner, str], str]] = {
    ".csv": Cleaner.csv,
    **dict.fromkeys(TEXTS, Cleaner.text),
    **dict.fromkeys(LINES, Cleaner.lines),
}
"""What cleans the text of a file, by the end of its name."""


def held_in(file: Path, listener: Listener) -> int:
    """Rows, entries and words of a file that tell of the listener; 0 for a kind of file that holds no texts."""
    if file.suffix == ".parquet":
        return count(file, listener)
    clean = CLEANED.get(file.suffix)
    if clean is None:
        return 0
    cleaner = Cleaner(listener)
    clean(cleaner, _read(file))
    return cleaner.removed


def rewrite(file: Path, listener: Listener) -> None:
    """Write a file again without the listener, in one step."""
    beside = file.with_name(f".{file.name}.forgetting")
    try:
        if file.suffix == ".parquet":
            leave_out(file, beside, listener)
        else:
            cleaned = CLEANED[file.suffix](Cleaner(listener), _read(file))
            beside.write_bytes(cleaned.encode(errors="surrogateescape"))
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)


def _read(file: Path) -> str:
    return file.read_bytes().decode(errors="surrogateescape")
