"""What killed runs left behind: files that nobody reads, with rows of whoever was in them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from churn_assets.forgetting.files import LOST
from churn_assets.forgetting.journal import Journal
from churn_assets.lake.bucket import Bucket


@dataclass(frozen=True)
class LeftOversPlace:
    """Folders of files that are being written, while nothing is written; and hidden half files below `beside`."""

    folders: Sequence[Path]
    beside: Sequence[Path]
    name: str = "left-overs of killed runs"

    def held(self) -> int:
        """Files, whoever they tell of."""
        return len(set(self._files()))

    def remove(self, journal: Journal) -> None:
        """Remove them all."""
        for file in sorted(set(self._files())):
            journal.removing(self.name, str(file), 1)
            file.unlink(missing_ok=True)

    def _files(self) -> Iterator[Path]:
        for folder in self.folders:
            yield from (path for path in folder.rglob("*") if path.is_file())
        for folder in self.beside:
            yield from (path for path in folder.rglob(".*") if path.is_file() and path.name.endswith(LOST))


@dataclass(frozen=True)
class OldCopiesPlace:
    """Local copies of objects of the lake as they were before: whoever read them may have been in them."""

    bucket: Bucket
    name: str = "older copies of the lake on this machine"

    def held(self) -> int:
        """Copies, whoever they tell of."""
        return len(self.bucket.superseded())

    def remove(self, journal: Journal) -> None:
        """Remove them all."""
        for file in self.bucket.superseded():
            journal.removing(self.name, str(file), 1)
            file.unlink(missing_ok=True)
