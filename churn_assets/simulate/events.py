"""Simulated rows of the log as columns of numbers; they become text only when written."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from churn_assets.simulate.behaviour import Flags, Ints


@dataclass(frozen=True)
class Events:
    """Rows of the log: equally long columns of int64.

    `listener` is a position in the traits, or -1 for a visitor; `page` is `Page.code`; `plan` is 0 (free) or
    1 (paid); `song` is a position in the catalogue, or -1; `look` tells which device and home the row shows.
    """

    ts: Ints
    listener: Ints
    session: Ints
    item: Ints
    page: Ints
    plan: Ints
    song: Ints
    look: Ints

    def __len__(self) -> int:
        return len(self.ts)

    def take(self, chosen: Ints | Flags) -> Self:
        """The rows at positions, or where a mask is true."""
        return type(self)(*(getattr(self, field.name)[chosen] for field in fields(self)))

    def in_order(self) -> Self:
        """The same rows by time, then session and item."""
        return self.take(np.lexsort((self.item, self.session, self.ts)))

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """All rows of `parts`, in their order."""
        if not parts:
            return cls(*(np.empty(0, np.int64) for _ in fields(cls)))
        return cls(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(cls)))
