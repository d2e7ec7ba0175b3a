"""What a sensor remembers between two ticks."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Self

from churn_assets.retraining.evidence import Seen

MOST_WAITING = 50


@dataclass(frozen=True)
class Cursor:
    """The newest event that was looked at, and the red reports that a cool-down or a spent budget keeps waiting."""

    event: int
    waiting: tuple[Seen, ...] = ()

    @classmethod
    def read(cls, text: str) -> Self:
        """The cursor that `text` tells."""
        data = json.loads(text)
        return cls(data["event"], tuple(Seen(**seen) for seen in data["waiting"]))

    def text(self) -> str:
        """The same as text."""
        return json.dumps(asdict(self))

    def after(self, seen: Sequence[Seen]) -> Self:
        """The cursor once these were looked at, and nothing waits."""
        return replace(self, event=max((report.event for report in seen), default=self.event), waiting=())

    def keeping(self, waiting: Sequence[Seen]) -> Self:
        """The same, with the newest of these waiting."""
        return replace(self, waiting=tuple(waiting[-MOST_WAITING:]))
