"""A file that changes once the champion alias has moved: who serves from the same home need not ask the registry."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from churn_assets.registry.tracking import Tracking

FILE = "champion.moved"


@dataclass(frozen=True)
class Notice:
    """The file of one home; that it is missing means that nothing moved yet, or on other machines alone."""

    file: Path

    @classmethod
    def of(cls, tracking: Tracking) -> Self:
        """The notice beside the set-up lock of an MLflow store, wherever the store itself is."""
        return cls(tracking.folder / FILE)

    def give(self) -> None:
        """Tell whoever looks that the alias has moved."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.touch()

    def stamp(self) -> int | None:
        """What is another number after each notice; costs a few microseconds."""
        try:
            return self.file.stat().st_mtime_ns
        except FileNotFoundError:
            return None
