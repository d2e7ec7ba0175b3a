"""Features of a few listeners from their raw events: pure NumPy, no engine to start, the same declarations.

Used for a request to the API; `batch.py` does the same over the lake. A property test holds both equal.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from churn_assets.cutoffs import DAY
from churn_assets.features.aggregates import Aggregate, Condition, Grain, Operator, Window
from churn_assets.features.batch import Horizon, reach_days
from churn_assets.features.catalogue import CATALOGUE
from churn_assets.features.daily import UNKNOWN
from churn_assets.features.declaration import Catalogue
from churn_assets.features.expressions import CUTOFF, LOG_START, LOOKBACK, Constant, Expression, Field, evaluate
from churn_assets.features.numpy_arithmetic import NumpyArithmetic, only_if
from churn_assets.features.plan import plan_of

Array = npt.NDArray[Any]
ORDER = ("ts", "session_id", "item_in_session", "page")


@dataclass(frozen=True)
class Listeners:
    """Clean events of some listeners, sorted by listener and time, each listener with at least one in the lookback.

    `columns` are arrays of one value an event (texts as objects, `length` and `registration` as
    floats with NaN), `listener` the number of each event's listener from 0, `user_ids` and
    `cutoffs` (epoch milliseconds) one value a listener.
    """

    columns: Mapping[str, Array]
    listener: Array
    user_ids: Array
    cutoffs: Array

    @classmethod
    def of(cls, columns: Mapping[str, Array], cutoffs: Mapping[str, int], horizon: Horizon) -> "Listeners":
        """The events that a cut-off sees: sorted, copies dropped (the first stays), clipped to lookback and log."""
        whose, everyone = _ranks(columns["user_id"])
        cutoff = np.array([cutoffs[user] for user in everyone], dtype=np.int64)[whose]
        ts = columns["ts"]
        oldest = np.maximum(cutoff - horizon.lookback_days * DAY, horizon.log_start)
        seen = np.flatnonzero((ts < cutoff) & (ts >= oldest))
        clipped = {name: column[seen] for name, column in columns.items()}
        present, listener = np.unique(whose[seen], return_inverse=True)
        user_ids = everyone[present]
        order = np.lexsort((*(_sortable(clipped[name]) for name in reversed(ORDER)), listener))
        kept = order[_is_first_copy(clipped, listener, order)]
        return cls(
            {name: column[kept] for name, column in clipped.items()},
            listener[kept],
            user_ids,
            np.array([cutoffs[user] for user in user_ids], dtype=np.int64),
        )


def _ranks(texts: Array) -> tuple[Array, Array]:
    """For each text its place among the distinct ones in order; and the distinct ones."""
    codes, distinct = pd.factorize(texts)
    # Not an array of a text type: it would give every text the room of the longest.
    order = np.array(sorted(range(len(distinct)), key=distinct.__getitem__), dtype=np.int64)
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.arange(len(order))
    return ranks[codes], np.asarray(distinct, dtype=object)[order]


def _sortable(column: Array) -> Array:
    return _ranks(column)[0] if column.dtype == object else column


def _is_first_copy(columns: Mapping[str, Array], listener: Array, order: Array) -> Array:
    is_same = listener[order][1:] == listener[order][:-1]
    for name in ORDER:
        column = columns[name][order]
        is_same &= column[1:] == column[:-1]
    return np.concatenate([np.ones(min(len(order), 1), dtype=bool), ~is_same.astype(bool)])


def request_features(listeners: Listeners, horizon: Horizon, catalogue: Catalogue = CATALOGUE) -> dict[str, Array]:
    """Every declared feature as an array of one value a listener, in the order of `listeners.user_ids`."""
    plan, values, arithmetic = plan_of(catalogue), _Evaluation(listeners, horizon), NumpyArithmetic()
    done: list[Any] = []
    with np.errstate(divide="ignore", invalid="ignore"):
        for step in plan.steps:
            if step.name is None:
                done.append(values.leaf(step.expression))
            else:
                done.append(arithmetic.apply(step.name, *[done[position] for position in step.arguments]))
    return {name: done[position] for name, position in plan.features.items()}


@dataclass(frozen=True)
class _Evaluation:
    """The aggregates of some listeners."""

    listeners: Listeners
    horizon: Horizon

    masks: dict[Condition, Array] = field(default_factory=dict)
    numbered: dict[str, tuple[Array, int]] = field(default_factory=dict)
    windows: dict[Window, Array] = field(default_factory=dict)
    session_windows: dict[Window, Array] = field(default_factory=dict)

    def leaf(self, expression: Expression) -> Any:
        """The value of a constant, a symbol or an aggregate."""
        match expression:
            case Constant(value=value):
                return value
            case Aggregate():
                return self.aggregate(expression)
            case _ if expression is CUTOFF:
                return self.listeners.cutoffs
            case _ if expression is LOG_START:
                return self.horizon.log_start
            case _:
                assert expression is LOOKBACK
                return self.horizon.lookback_days

    def aggregate(self, aggregate: Aggregate) -> Array:
        match aggregate.grain:
            case Grain.EVENT:
                return self.over_events(aggregate)
            case Grain.SESSION:
                return self.over_sessions(aggregate)
            case _:
                return self.over_days(aggregate)

    @cached_property
    def size(self) -> int:
        return len(self.listeners.user_ids)

    @cached_property
    def starts(self) -> Array:
        """Index of the first event of each listener."""
        return np.searchsorted(self.listeners.listener, np.arange(self.size))

    @cached_property
    def ends(self) -> Array:
        """Index of the last event of each listener."""
        return np.append(self.starts, len(self.listeners.listener))[1:] - 1

    @cached_property
    def age(self) -> Array:
        """Whole days from an event's day to the cut-off, from 1."""
        return self._age(self.listeners.columns["ts"], self.listeners.listener)

    def _age(self, ts: Array, listener: Array) -> Array:
        age: Array = (self.listeners.cutoffs[listener] - ts + (DAY - 1)) // DAY
        return age

    @cached_property
    def has_before(self) -> Array:
        """Whether an event has one of the same listener before it."""
        has_before = np.ones(len(self.listeners.listener), dtype=bool)
        has_before[self.starts] = False
        return has_before

    def sum(self, weights: Array, listener: Array) -> Array:
        return np.bincount(listener, weights=weights, minlength=self.size)

    def count(self, is_counted: Array, listener: Array) -> Array:
        return np.bincount(listener[is_counted], minlength=self.size).astype(np.float64)

    def over_events(self, aggregate: Aggregate) -> Array:
        match aggregate.operator:
            case Operator.COUNT:
                return self.count(self.inside(aggregate), self.listeners.listener)
            case Operator.TOTAL:
                value = np.nan_to_num(self.on_events(aggregate.value))
                return self.sum(np.where(self.inside(aggregate), value, 0.0), self.listeners.listener)
            case Operator.FIRST:
                return np.fmin.reduceat(self.on_events(aggregate.value).astype(np.float64), self.starts)
            case Operator.LAST:
                return np.fmax.reduceat(self.on_events(aggregate.value).astype(np.float64), self.starts)
            case Operator.LATEST:
                return self.on_events(aggregate.value)[self.ends]
            case Operator.HEARD | Operator.NEWLY_HEARD:
                return self.heard(aggregate)
            case _:
                return self.over_states(aggregate)

    def inside(self, aggregate: Aggregate) -> Array:
        if aggregate.window not in self.windows:
            self.windows[aggregate.window] = self.in_window(self.age, aggregate.window)
        inside = self.windows[aggregate.window]
        return inside & self.holds(aggregate.condition) if aggregate.condition else inside

    def in_window(self, age: Array, window: Window) -> Array:
        oldest = self.horizon.lookback_days if window.oldest is None else window.oldest
        return (age <= oldest) & (age > window.ending)

    def holds(self, condition: Condition) -> Array:
        if condition not in self.masks:
            self.masks[condition] = np.asarray(self.on_events(condition.test), dtype=bool)
        return self.masks[condition]

    def on_events(self, expression: Expression | None) -> Array:
        return _on_rows(expression, self.listeners.columns)

    def heard(self, aggregate: Aggregate) -> Array:
        codes, count = self.items(aggregate)
        known = np.flatnonzero((self.age <= reach_days(aggregate, self.horizon)) & (codes >= 0))
        listener = self.listeners.listener[known]
        _, firsts = np.unique(listener * (count + 1) + codes[known], return_index=True)
        inside = self.in_window(self.age[known][firsts], aggregate.window)
        return self.count(inside, listener[firsts])

    def items(self, aggregate: Aggregate) -> tuple[Array, int]:
        """A number from 0 for each distinct item, -1 where an event has none that counts; and how many there are."""
        if aggregate.name not in self.numbered:
            items = self.on_events(aggregate.value)
            if aggregate.condition:
                items = only_if(self.holds(aggregate.condition), items)
            codes, distinct = pd.factorize(items)
            self.numbered[aggregate.name] = codes.astype(np.int64), len(distinct)
        return self.numbered[aggregate.name]

    def over_states(self, aggregate: Aggregate) -> Array:
        columns, listener = self.listeners.columns, self.listeners.listener
        state = np.where(_is_known(columns[aggregate.name]), columns[aggregate.name], UNKNOWN)
        ts = columns["ts"]
        has_changed = self.has_before.copy()
        has_changed[1:] &= (state[1:] != state[:-1]).astype(bool)
        match aggregate.operator:
            case Operator.CHANGES:
                return self.count(has_changed, listener)
            case Operator.LAST_CHANGE:
                return np.fmax.reduceat(np.where(has_changed, ts, np.nan), self.starts)
            case _:
                assert aggregate.condition is not None
                until = np.append(ts[1:], 0)
                until[self.ends] = self.listeners.cutoffs
                is_in = self.holds(aggregate.condition)
                return self.sum(np.where(is_in, until - ts, 0).astype(np.float64), listener)

    def over_days(self, aggregate: Aggregate) -> Array:
        day = self.listeners.columns["ts"] // DAY
        is_new_day = ~self.has_before
        is_new_day[1:] |= day[1:] != day[:-1]
        if aggregate.operator is Operator.COUNT:
            counted = is_new_day & self.in_window(self.age, aggregate.window)
            return self.count(counted, self.listeners.listener)
        gap = np.where(self.has_before, day - np.append(0, day[:-1]), 0)
        silence = self.listeners.cutoffs // DAY - day[self.ends]
        longest: Array = np.fmax(np.maximum.reduceat(gap, self.starts), silence)
        return longest.astype(np.float64)

    @cached_property
    def sessions(self) -> tuple[dict[str, Array], Array]:
        """Start and end of each listener's sessions, and the listener of each."""
        ts, listener = self.listeners.columns["ts"], self.listeners.listener
        _, codes = np.unique(self.listeners.columns["session_id"], return_inverse=True)
        _, firsts, session = np.unique(
            listener * (int(codes.max(initial=0)) + 1) + codes, return_index=True, return_inverse=True
        )
        end = np.zeros(len(firsts), dtype=np.int64)
        np.maximum.at(end, session, ts)
        return {"start_ts": ts[firsts], "end_ts": end}, listener[firsts]

    def over_sessions(self, aggregate: Aggregate) -> Array:
        rows, listener = self.sessions
        if aggregate.window not in self.session_windows:
            age = self._age(rows["start_ts"], listener)
            self.session_windows[aggregate.window] = self.in_window(age, aggregate.window)
        inside = self.session_windows[aggregate.window]
        if aggregate.operator is Operator.COUNT:
            return self.count(inside, listener)
        value = _on_rows(aggregate.value, rows).astype(np.float64)
        starts = np.searchsorted(listener, np.arange(self.size))
        match aggregate.operator:
            case Operator.TOTAL:
                return self.sum(np.where(inside, value, 0.0), listener)
            case Operator.FIRST:
                return np.fmin.reduceat(value, starts)
            case _:
                return np.fmax.reduceat(value, starts)


def _is_known(column: Array) -> Array:
    return np.array([value is not None for value in column], dtype=bool)


def _on_rows(expression: Expression | None, rows: Mapping[str, Array]) -> Array:
    assert expression is not None

    def column(leaf: Expression) -> Array:
        assert isinstance(leaf, Field)
        return rows[leaf.name]

    value: Array = evaluate(expression, NumpyArithmetic(), column)
    return value
