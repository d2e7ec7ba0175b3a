"""Rows of some listeners in order of listener and time, in which every window before the cut-off is a stretch."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from churn_assets.cutoffs import DAY
from churn_assets.features.event_columns import Array
from churn_assets.features.families import Edges


@dataclass(frozen=True)
class Timeline:
    """Rows sorted by `listener` (numbers from 0, each of which has a row) and `ts` (epoch ms).

    No row lies outside of the lookback before its listener's cut-off (`cutoffs`, epoch ms, midnights).
    """

    ts: Array
    listener: Array
    cutoffs: Array
    lookback_days: int
    edges: Edges

    @cached_property
    def starts(self) -> Array:
        """Index of the first row of each listener."""
        return np.searchsorted(self.listener, np.arange(len(self.cutoffs)))

    @cached_property
    def ends(self) -> Array:
        """Index of the last row of each listener."""
        return np.append(self.starts, len(self.listener))[1:] - 1

    @cached_property
    def rows_at(self) -> Array:
        """Edges x listeners: the first row of the listener that is not older than the edge, else that behind the last.

        A window's rows are those from the one at its older edge to the one at its younger edge, which is not in it.
        """
        span = self.lookback_days * DAY
        begin = np.arange(len(self.cutoffs)) * span
        order = self.ts + (begin + span - self.cutoffs)[self.listener]
        return np.searchsorted(order, begin + self.edges.after_start(self.lookback_days)[:, None])

    def summed(self, values: Array, since: Array, until: Array) -> Array:
        """The sum of numbers from a row to another, for each listener; what is outside takes no part, however large."""
        sums: Array = np.add.reduceat(np.append(values, 0.0), np.stack([since, until], axis=1).ravel())[::2]
        return np.where(since < until, sums, 0.0)
