"""What may set a retraining off, and when two signs are one and the same cause.

What a training gives depends on the labels that it may learn from and on the champion that it must beat. A drift that
shows in every report of a month is therefore one cause as long as both stay the same; it becomes a new one when a newer
cut-off has matured, or when the champion is another.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True)
class Ground:
    """What a retraining would stand on: the champion to beat (a version), and the newest cut-off with mature labels."""

    champion: str | None
    newest_mature: date | None


@dataclass(frozen=True)
class Cause:
    """A reason to retrain, as seen at the data clock `as_of`; `finding` says in words what `evidence` holds."""

    trigger: str
    ground: Ground
    as_of: date | None
    finding: str
    evidence: Mapping[str, Any] = field(default_factory=dict)

    @property
    def identity(self) -> str:
        """The same for all signs that one retraining answers."""
        return f"{self.trigger} of version {self.ground.champion}, labels up to {self.ground.newest_mature}"
