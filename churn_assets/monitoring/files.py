"""Reports that people open: a CSV file a day, and pages of which the last few are kept."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

KEPT_PAGES = 5
"""A page with its pictures takes about 7 MB."""


@dataclass(frozen=True)
class ReportFiles:
    """The files of one kind of report, below `folder`; each is written beside and renamed."""

    folder: Path

    def csv(self, day: date, report: "pd.DataFrame") -> Path:
        """Write the report of a day, whole numbers unrounded."""
        return self._write(f"{day}.csv", report.to_csv(index=False))

    def page(self, day: date, html: str) -> Path:
        """Write the page of a day; `prune` is for later, once it has been read and told of."""
        return self._write(f"{day}.html", html)

    def ending_with(self, mark: str) -> Path | None:
        """The newest page that ends with `mark`; None if there is none."""
        return next((page for page in reversed(self.pages()) if _tail(page, len(mark.encode())) == mark.encode()), None)

    def prune(self, *, keep: Collection[Path]) -> None:
        """Remove all but the newest days' pages; those of `keep`, just written for whichever day, stay as well."""
        for old in self.pages()[:-KEPT_PAGES]:
            if old not in keep:
                old.unlink(missing_ok=True)

    def pages(self) -> Sequence[Path]:
        """The pages that are there, by day."""
        return sorted(self.folder.glob("*.html"))

    def _write(self, name: str, content: str) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        beside = self.folder / f".{name}.{uuid.uuid4().hex}"
        try:
            beside.write_text(content)
            return beside.replace(self.folder / name)
        finally:
            beside.unlink(missing_ok=True)


def _tail(file: Path, size: int) -> bytes:
    with file.open("rb") as stream:
        stream.seek(max(0, file.stat().st_size - size))
        return stream.read()
