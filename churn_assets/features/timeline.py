"""Rows of some listeners in order of listener and time, in which every window before the cut-off is a stretch."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from churn_assets.cutoffs import DAY
from churn_assets.features.aggregates import Window
from churn_assets.features.event_columns import Array

Stretch = tuple[Array, Array]
"""For each listener the first row of a window, and the first one behind it."""


@dataclass(frozen=True)
class Timeline:
    """Rows sorted by `listener` (numbers from 0, each of which has a row) and `ts` (epoch ms).

    No row lies outside of the lookback before its listener's cut-off (`cutoffs`, epoch ms, midnights). `windows` are
    those that will be asked for: they are found together.
    """

    ts: Array
    listener: Array
    cutoffs: Array
    lookback_days: int
    windows: Sequence[Window]

    @cached_property
    def starts(self) -> Array:
        """Index of the first row of each listener."""
        return np.searchsorted(self.listener, np.arange(len(self.cutoffs)))

    @cached_property
    def ends(self) -> Array:
        """Index of the last row of each listener."""
        return np.append(self.starts, len(self.listener))[1:] - 1

    def stretch(self, window: Window) -> Stretch:
        """Where a window begins and ends."""
        return self._edges[self._oldest(window)], self._edges[window.ending]

    def since(self, days: int) -> Array:
        """For each listener the first row of the last `days` days, an edge of one of the windows."""
        return self._edges[days]

    def summed(self, values: Array, window: Window) -> Array:
        """The sum of numbers in a window; nothing that lies outside of it takes part, however large."""
        since, until = self.stretch(window)
        rows = np.arange(len(values))
        inside = (rows >= since[self.listener]) & (rows < until[self.listener])
        return np.bincount(self.listener[inside], weights=values[inside], minlength=len(self.cutoffs))

    def _oldest(self, window: Window) -> int:
        return self.lookback_days if window.oldest is None else min(window.oldest, self.lookback_days)

    @cached_property
    def _edges(self) -> dict[int, Array]:
        """By days before the cut-off: the first row of each listener that is not older."""
        days = {self.lookback_days} | {edge for w in self.windows for edge in (self._oldest(w), w.ending)}
        span = self.lookback_days * DAY
        size = len(self.cutoffs)
        order = self.listener * span + (self.ts - self.cutoffs[self.listener] + span)
        # A window that ends before the lookback begins is empty: it must not reach into the rows of another listener.
        edges = np.array([max(span - day * DAY, 0) for day in days], dtype=np.int64)
        found = np.searchsorted(order, np.arange(size) * span + edges[:, None])
        return dict(zip(days, found, strict=True))
