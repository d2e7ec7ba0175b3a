"""Evaluations that MLflow keeps with its runs, beside those that travel with models."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from churn_assets.forgetting import misses
from churn_assets.forgetting.journal import Journal
from churn_assets.registry.artifact import EVALUATION


@dataclass(frozen=True)
class EvaluationsPlace:
    """The worst misses in the artefacts of runs, below a folder; models are another place."""

    folder: Path
    models: Sequence[Path]
    known: misses.Known
    name: str = "evaluations of runs"

    @cached_property
    def _found(self) -> Sequence[tuple[Path, int]]:
        files = [file for file in sorted(self.folder.rglob(EVALUATION)) if not self._is_of_model(file)]
        found = ((file, misses.count(file, self.known)) for file in files)
        return [(file, rows) for file, rows in found if rows]

    def _is_of_model(self, file: Path) -> bool:
        return any(model in file.parents for model in self.models)

    def held(self) -> int:
        """Misses of the listener."""
        return sum(rows for _, rows in self._found)

    def remove(self, journal: Journal) -> None:
        """Leave them out, and draw the pictures again."""
        for file, rows in self._found:
            journal.removing(self.name, str(file), rows)
            misses.remove(file, self.known)
