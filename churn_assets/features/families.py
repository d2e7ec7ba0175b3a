"""Aggregates by families: those of one operator over the same rows are worked out together."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from churn_assets.cutoffs import DAY
from churn_assets.features.aggregates import Aggregate, Grain, Operator, Window
from churn_assets.features.event_columns import Array


@dataclass(frozen=True)
class Edges:
    """Where some windows begin and end, in days before the cut-off; None is the lookback."""

    days: tuple[int | None, ...] = ()

    @classmethod
    def of(cls, windows: Iterable[Window]) -> "Edges":
        """The edges of windows, each once."""
        return cls(tuple(dict.fromkeys(edge for window in windows for edge in (window.oldest, window.ending))))

    def before(self, lookback_days: int) -> Array:
        """Milliseconds from each edge to the cut-off; nothing lies further back than the lookback."""
        spans = (lookback_days if days is None else min(days, lookback_days) for days in self.days)
        return np.array([days * DAY for days in spans], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Family:
    """Aggregates of one operator and grain, in order; `edges` are those of all windows over the same rows."""

    grain: Grain
    operator: Operator
    aggregates: tuple[Aggregate, ...]
    edges: Edges

    @cached_property
    def members(self) -> tuple[tuple[Aggregate, int, int], ...]:
        """Each aggregate, and which of the edges its window begins and ends at."""
        place = self.edges.days.index
        return tuple((one, place(one.window.oldest), place(one.window.ending)) for one in self.aggregates)


def families_of(aggregates: Iterable[Aggregate]) -> Iterator[Family]:
    """The families of some aggregates; sessions have edges of their own, events and days share theirs."""
    found: dict[tuple[Grain, Operator], list[Aggregate]] = {}
    windows: dict[bool, list[Window]] = {}
    for one in aggregates:
        found.setdefault((one.grain, one.operator), []).append(one)
        windows.setdefault(one.grain is Grain.SESSION, []).append(one.window)
    edges = {kind: Edges.of(seen) for kind, seen in windows.items()}
    for (grain, operator), members in found.items():
        yield Family(grain, operator, tuple(members), edges[grain is Grain.SESSION])
