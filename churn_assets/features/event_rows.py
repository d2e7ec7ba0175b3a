"""Aggregates over the events of some listeners that look at more than one event: items, states, days, the latest."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from churn_assets.cutoffs import DAY
from churn_assets.features.aggregates import Aggregate, Grain, Operator
from churn_assets.features.batch import Horizon, reach_days
from churn_assets.features.daily import UNKNOWN
from churn_assets.features.event_columns import Array, EventColumns
from churn_assets.features.families import Family
from churn_assets.features.rows import Rows, running_sums
from churn_assets.features.timeline import Timeline

Numbers = tuple[Array, Array, int]
"""Rows of items that count, a number for each, different for every listener; and how many numbers there are."""


@dataclass(frozen=True)
class EventRows:
    """The events of some listeners."""

    rows: Rows
    columns: EventColumns
    horizon: Horizon
    _numbers: dict[str, Numbers] = field(default_factory=dict)

    @property
    def timeline(self) -> Timeline:
        """The events in order."""
        return self.rows.timeline

    def values(self, family: Family) -> Array:
        """The values of a family over events or active days: aggregates x listeners."""
        match family.operator:
            case Operator.LATEST:
                return _texts([self.columns.at(one.name, self.timeline.ends) for one in family.aggregates])
            case Operator.HEARD | Operator.NEWLY_HEARD:
                return self.heard(family)
            case Operator.CHANGES | Operator.LAST_CHANGE | Operator.TIME_IN:
                return np.array([self.over_states(one) for one in family.aggregates])
            case Operator.LONGEST_GAP:
                return np.array([self.longest_gap() for _ in family.aggregates])
            case _ if family.grain is Grain.DAY:
                return self.active_days(family)
            case _:
                return self.rows.values(family)

    def heard(self, family: Family) -> Array:
        """How many items are met in the window for the first time within reach."""
        edges = zip(self.timeline.rows_at[family.since], self.timeline.rows_at[family.until], strict=True)
        return np.array([self._heard(one, *edge) for one, edge in zip(family.aggregates, edges, strict=True)])

    def _heard(self, aggregate: Aggregate, since: Array, until: Array) -> Array:
        rows, numbers, count = self._items(aggregate)
        listener = self.timeline.listener
        if reach_days(aggregate, self.horizon) < self.horizon.lookback_days:
            is_near = rows >= since[listener[rows]]
            rows, numbers = rows[is_near], numbers[is_near]
        first = first_of_each(numbers, rows, count)
        first = first[first >= 0]
        whose = listener[first]
        is_inside = (first >= since[whose]) & (first < until[whose])
        return np.bincount(whose[is_inside], minlength=len(since)).astype(np.float64)

    def _items(self, aggregate: Aggregate) -> Numbers:
        if aggregate.name not in self._numbers:
            self._numbers[aggregate.name] = self._number(aggregate)
        return self._numbers[aggregate.name]

    def _number(self, aggregate: Aggregate) -> Numbers:
        coded, listener = self.columns.coded(aggregate.name), self.timeline.listener
        counts = coded.codes != coded.code(None)
        if aggregate.condition is not None:
            counts &= self.rows.holds(aggregate.condition)
        rows = np.flatnonzero(counts)
        return rows, *distinct_pairs(listener[rows], coded.codes[rows], len(coded.texts))

    def over_states(self, aggregate: Aggregate) -> Array:
        """How often the state changes, when it did last, or how long it was the one that is asked for."""
        timeline = self.timeline
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
        return (running[self.timeline.ends + 1] - running[self.timeline.starts]).astype(np.float64)

    @cached_property
    def has_before(self) -> Array:
        """Whether an event has one of the same listener before it."""
        has_before = np.ones(len(self.timeline.listener), dtype=bool)
        has_before[self.timeline.starts] = False
        return has_before

    @cached_property
    def day(self) -> Array:
        """Epoch day of each event."""
        return self.timeline.ts // DAY

    def active_days(self, family: Family) -> Array:
        """How many days of each window have an event: windows begin at midnight, so no day is cut in two."""
        is_first_of_day = ~self.has_before
        is_first_of_day[1:] |= self.day[1:] != self.day[:-1]
        return self.rows.sums(family, lambda _: is_first_of_day[None])

    def longest_gap(self) -> Array:
        """Most days from one active day to the next, or from the last one to the cut-off."""
        day = self.day
        gap = np.where(self.has_before, day - np.append(0, day[:-1]), 0)
        silence = self.timeline.cutoffs // DAY - day[self.timeline.ends]
        return np.maximum(np.maximum.reduceat(gap, self.timeline.starts), silence).astype(np.float64)


def first_of_each(numbers: Array, rows: Array, count: int) -> Array:
    """For each number below `count` the first of the ascending `rows` that has it, -1 where none does."""
    first = np.full(count, -1, dtype=np.int64)
    # Of several values for one place the last one stays, so the rows go backwards.
    first[numbers[::-1]] = rows[::-1]
    return first


def distinct_pairs(listener: Array, codes: Array, count: int) -> tuple[Array, int]:
    """A number for each distinct pair of a listener and a code below `count`, and how many numbers there are.

    Numbers of several listeners are given in order of first appearance.
    """
    if not listener.any():
        return codes, count
    numbers, distinct = pd.factorize(listener * count + codes)
    return numbers, len(distinct)


def _texts(columns: Sequence[Sequence[Any]]) -> Array:
    """Rows of texts, or None, as an array of objects."""
    texts = np.empty((len(columns), len(columns[0])), dtype=object)
    texts[:] = columns
    return texts
