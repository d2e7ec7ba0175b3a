"""Features of a few listeners from their raw events: pure NumPy, no engine to start, the same declarations.

Used for a request to the API; `batch.py` does the same over the lake. A property test holds both equal.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from churn_assets.cutoffs import DAY
from churn_assets.features.aggregates import Aggregate, Condition, Grain, Operator, Window
from churn_assets.features.batch import Horizon, reach_days
from churn_assets.features.catalogue import CATALOGUE
from churn_assets.features.daily import UNKNOWN
from churn_assets.features.declaration import Catalogue, Feature
from churn_assets.features.expressions import CUTOFF, LOG_START, LOOKBACK, Expression, Field, evaluate
from churn_assets.features.numpy_arithmetic import NumpyArithmetic

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
        """The events that a cut-off sees: sorted, copies dropped (the first stays), clipped to the lookback."""
        cutoff = np.array([cutoffs[user] for user in columns["user_id"]], dtype=np.int64)
        ts = columns["ts"]
        seen = np.flatnonzero((ts < cutoff) & (ts >= cutoff - horizon.lookback_days * DAY))
        clipped = {name: column[seen] for name, column in columns.items()}
        user_ids, listener = np.unique(clipped["user_id"].astype(str), return_inverse=True)
        order = np.lexsort((*(_sortable(clipped[name]) for name in reversed(ORDER)), listener))
        kept = order[_is_first_copy(clipped, listener, order)]
        return cls(
            {name: column[kept] for name, column in clipped.items()},
            listener[kept],
            user_ids.astype(object),
            np.array([cutoffs[user] for user in user_ids], dtype=np.int64),
        )


def _sortable(column: Array) -> Array:
    return column.astype(str) if column.dtype == object else column


def _is_first_copy(columns: Mapping[str, Array], listener: Array, order: Array) -> Array:
    is_same = listener[order][1:] == listener[order][:-1]
    for name in ORDER:
        column = columns[name][order]
        is_same &= column[1:] == column[:-1]
    return np.concatenate([np.ones(min(len(order), 1), dtype=bool), ~is_same.astype(bool)])


def request_features(listeners: Listeners, horizon: Horizon, catalogue: Catalogue = CATALOGUE) -> dict[str, Array]:
    """Every declared feature as an array of one value a listener, in the order of `listeners.user_ids`."""
    values = _Evaluation(listeners, horizon)
    done: dict[str, Array] = {}
    cache: dict[str, Array] = {}

    def leaf(expression: Expression) -> Any:
        match expression:
            case Feature(name=name):
                return done[name] if name in done else evaluate(expression.expression, NumpyArithmetic(), leaf)
            case Aggregate():
                text = expression.text()
                if text not in cache:
                    cache[text] = values.aggregate(expression)
                return cache[text]
            case _ if expression is CUTOFF:
                return listeners.cutoffs
            case _ if expression is LOG_START:
                return horizon.log_start
            case _:
                assert expression is LOOKBACK
                return horizon.lookback_days

    with np.errstate(divide="ignore", invalid="ignore"):
        for feature in catalogue.features:
            done[feature.name] = evaluate(feature.expression, NumpyArithmetic(), leaf)
    return done


@dataclass(frozen=True)
class _Evaluation:
    """The aggregates of some listeners."""

    listeners: Listeners
    horizon: Horizon

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

    def over_events(self, aggregate: Aggregate) -> Array:
        match aggregate.operator:
            case Operator.COUNT:
                return self.sum(self.inside(aggregate).astype(np.float64), self.listeners.listener)
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
        inside = self.in_window(self.age, aggregate.window)
        return inside & self.holds(aggregate.condition) if aggregate.condition else inside

    def in_window(self, age: Array, window: Window) -> Array:
        oldest = self.horizon.lookback_days if window.oldest is None else window.oldest
        return (age <= oldest) & (age > window.ending)

    def holds(self, condition: Condition) -> Array:
        return np.asarray(self.on_events(condition.test), dtype=bool)

    def on_events(self, expression: Expression | None) -> Array:
        return _on_rows(expression, self.listeners.columns)

    def heard(self, aggregate: Aggregate) -> Array:
        items = self.on_events(aggregate.value)
        counted = _is_known(items) & self.holds(aggregate.condition) if aggregate.condition else _is_known(items)
        known = np.flatnonzero((self.age <= reach_days(aggregate, self.horizon)) & counted)
        numbers: dict[str, int] = {}
        codes = np.array([numbers.setdefault(item, len(numbers)) for item in items[known]], dtype=np.int64)
        listener = self.listeners.listener[known]
        _, firsts = np.unique(listener * (len(numbers) + 1) + codes, return_index=True)
        inside = self.in_window(self.age[known][firsts], aggregate.window)
        return self.sum(inside.astype(np.float64), listener[firsts])

    def over_states(self, aggregate: Aggregate) -> Array:
        columns, listener = self.listeners.columns, self.listeners.listener
        state = np.where(_is_known(columns[aggregate.name]), columns[aggregate.name], UNKNOWN)
        ts = columns["ts"]
        has_changed = self.has_before.copy()
        has_changed[1:] &= (state[1:] != state[:-1]).astype(bool)
        match aggregate.operator:
            case Operator.CHANGES:
                return self.sum(has_changed.astype(np.float64), listener)
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
            return self.sum(counted.astype(np.float64), self.listeners.listener)
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
        inside = self.in_window(self._age(rows["start_ts"], listener), aggregate.window)
        if aggregate.operator is Operator.COUNT:
            return self.sum(inside.astype(np.float64), listener)
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
