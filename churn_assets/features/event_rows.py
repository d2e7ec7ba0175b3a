"""Aggregates over the events of some listeners that look at more than one event: items, states, days, the latest."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from churn_assets.cutoffs import DAY
from churn_assets.features.aggregates import Aggregate, Grain, Operator
from churn_assets.features.batch import Horizon, reach_days
from churn_assets.features.daily import UNKNOWN
from churn_assets.features.event_columns import Array, EventColumns
from churn_assets.features.rows import Rows, Values, running_sums

Numbers = tuple[Array, Array, int]
"""Rows of items that count, a number for each, different for every listener; and how many numbers there are."""


@dataclass(frozen=True)
class EventRows:
    """The events of some listeners."""

    rows: Rows
    columns: EventColumns
    horizon: Horizon
    _numbers: dict[str, Numbers] = field(default_factory=dict)

    def values(self, operator: Operator, aggregates: Sequence[Aggregate]) -> Values:
        """One value a listener for each aggregate over events or active days; all have the same operator."""
        match operator:
            case Operator.LATEST:
                return ((one, self.latest(one)) for one in aggregates)
            case Operator.HEARD | Operator.NEWLY_HEARD:
                return ((one, self.heard(one)) for one in aggregates)
            case Operator.CHANGES | Operator.LAST_CHANGE | Operator.TIME_IN:
                return ((one, self.over_states(one)) for one in aggregates)
            case Operator.LONGEST_GAP:
                return ((one, self.longest_gap) for one in aggregates)
            case _ if aggregates[0].grain is Grain.DAY:
                return ((one, self.active_days(one)) for one in aggregates)
            case _:
                return self.rows.values(operator, aggregates)

    def latest(self, aggregate: Aggregate) -> Array:
        """The text of the last event."""
        found = np.empty(len(self.rows.timeline.cutoffs), dtype=object)
        found[:] = self.columns.at(aggregate.name, self.rows.timeline.ends)
        return found

    def heard(self, aggregate: Aggregate) -> Array:
        """How many items are met in the window for the first time within reach."""
        rows, numbers, count = self._items(aggregate)
        timeline, listener = self.rows.timeline, self.rows.timeline.listener
        reach = reach_days(aggregate, self.horizon)
        if reach < self.horizon.lookback_days:
            is_near = rows >= timeline.since(reach)[listener[rows]]
            rows, numbers = rows[is_near], numbers[is_near]
        first = np.full(count, len(listener), dtype=np.int64)
        np.minimum.at(first, numbers, rows)
        first = first[first < len(listener)]
        whose = listener[first]
        since, until = timeline.stretch(aggregate.window)
        is_inside = (first >= since[whose]) & (first < until[whose])
        return np.bincount(whose[is_inside], minlength=len(timeline.cutoffs)).astype(np.float64)

    def _items(self, aggregate: Aggregate) -> Numbers:
        if aggregate.name not in self._numbers:
            self._numbers[aggregate.name] = self._number(aggregate)
        return self._numbers[aggregate.name]

    def _number(self, aggregate: Aggregate) -> Numbers:
        coded, listener = self.columns.coded(aggregate.name), self.rows.timeline.listener
        counts = ~coded.equals(None)
        if aggregate.condition is not None:
            counts &= self.rows.holds(aggregate.condition)
        rows = np.flatnonzero(counts)
        return rows, *distinct_pairs(listener[rows], coded.codes[rows], len(coded.texts))

    def over_states(self, aggregate: Aggregate) -> Array:
        """How often the state changes, when it did last, or how long it was the one that is asked for."""
        timeline = self.rows.timeline
        match aggregate.operator:
            case Operator.CHANGES:
                return self._between_ends(running_sums(self._has_changed(aggregate.name)))
            case Operator.LAST_CHANGE:
                changed_at = np.where(self._has_changed(aggregate.name), timeline.ts, np.nan)
                return np.asarray(np.fmax.reduceat(changed_at, timeline.starts))
            case _:
                assert aggregate.condition is not None
                until = np.append(timeline.ts[1:], 0)
                until[timeline.ends] = timeline.cutoffs
                is_in = self.rows.holds(aggregate.condition)
                return self._between_ends(running_sums(np.where(is_in, until - timeline.ts, 0)))

    def _has_changed(self, name: str) -> Array:
        state = self.columns.coded(name).with_default(UNKNOWN)
        has_changed = self.has_before.copy()
        has_changed[1:] &= state[1:] != state[:-1]
        return has_changed

    def _between_ends(self, running: Array) -> Array:
        timeline = self.rows.timeline
        return (running[timeline.ends + 1] - running[timeline.starts]).astype(np.float64)

    @cached_property
    def has_before(self) -> Array:
        """Whether an event has one of the same listener before it."""
        has_before = np.ones(len(self.rows.timeline.listener), dtype=bool)
        has_before[self.rows.timeline.starts] = False
        return has_before

    @cached_property
    def day(self) -> Array:
        """Epoch day of each event."""
        return self.rows.timeline.ts // DAY

    def active_days(self, aggregate: Aggregate) -> Array:
        """How many days of the window have an event: windows begin at midnight, so no day is cut in two."""
        is_first_of_day = ~self.has_before
        is_first_of_day[1:] |= self.day[1:] != self.day[:-1]
        since, until = self.rows.timeline.stretch(aggregate.window)
        running = running_sums(is_first_of_day)
        return (running[until] - running[since]).astype(np.float64)

    @cached_property
    def longest_gap(self) -> Array:
        """Most days from one active day to the next, or from the last one to the cut-off."""
        timeline, day = self.rows.timeline, self.day
        gap = np.where(self.has_before, day - np.append(0, day[:-1]), 0)
        silence = timeline.cutoffs // DAY - day[timeline.ends]
        return np.maximum(np.maximum.reduceat(gap, timeline.starts), silence).astype(np.float64)


def distinct_pairs(listener: Array, codes: Array, count: int) -> tuple[Array, int]:
    """A number for each distinct pair of a listener and a code below `count`, and how many numbers there are.

    Numbers of several listeners are given in order of first appearance.
    """
    if not listener.any():
        return codes, count
    numbers, distinct = pd.factorize(listener * count + codes)
    return numbers, len(distinct)
