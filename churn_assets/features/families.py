"""Aggregates by families: those of one operator over the same rows are worked out together, not one by one."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from churn_assets.cutoffs import DAY
from churn_assets.features.aggregates import Aggregate, Condition, Grain, Operator, Window
from churn_assets.features.event_columns import Array
from churn_assets.features.expressions import Expression

Summand = tuple[Expression | None, Condition | None]
"""What is added up: a value (None: 1) of the rows that meet a condition (None: of all)."""


@dataclass(frozen=True)
class Edges:
    """Where some windows begin and end, in days before the cut-off; None is the lookback."""

    days: tuple[int | None, ...]

    @classmethod
    def of(cls, windows: Iterable[Window]) -> "Edges":
        """The edges of windows, each once."""
        return cls(tuple(dict.fromkeys(edge for window in windows for edge in (window.oldest, window.ending))))

    def after_start(self, lookback_days: int) -> Array:
        """Milliseconds from the start of the lookback to each edge.

        A window that ends before the lookback begins is empty: it must not reach into the rows of another listener.
        """
        spans = (lookback_days if days is None else min(days, lookback_days) for days in self.days)
        return np.array([(lookback_days - days) * DAY for days in spans], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Family:
    """Aggregates of one operator and grain, in order; `edges` are those of all windows over the same rows."""

    grain: Grain
    operator: Operator
    aggregates: tuple[Aggregate, ...]
    edges: Edges

    @cached_property
    def since(self) -> Array:
        """For each aggregate, which of the edges its window begins at."""
        return np.array([self.edges.days.index(one.window.oldest) for one in self.aggregates])

    @cached_property
    def until(self) -> Array:
        """For each aggregate, which of the edges its window ends at."""
        return np.array([self.edges.days.index(one.window.ending) for one in self.aggregates])

    @cached_property
    def members(self) -> Mapping[Summand, tuple[int, ...]]:
        """For each thing that is added up, the aggregates that ask for it, as positions."""
        found: dict[Summand, list[int]] = {}
        for position, one in enumerate(self.aggregates):
            found.setdefault((one.value, one.condition), []).append(position)
        return {summand: tuple(positions) for summand, positions in found.items()}


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
