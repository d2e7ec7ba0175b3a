"""A place that may hold rows of a listener."""

from typing import Protocol

from churn_assets.forgetting.journal import Journal


class Place(Protocol):
    """Somewhere that is looked into, cleared, and looked into again."""

    @property
    def name(self) -> str:
        """What people call it."""

    def held(self) -> int:
        """How many rows (lines, events, entries) of the listener it holds now."""

    def remove(self, journal: Journal) -> None:
        """Remove them; whatever is done is set out in the journal first, and may be done again."""
