"""Features of a few listeners from their raw events: pure NumPy, no engine to start, the same declarations.

Used for a request to the API; `batch.py` does the same over the lake. A property test holds both equal.
"""

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np

from churn_assets.features import numpy_arithmetic, scalar_arithmetic
from churn_assets.features.aggregates import Grain
from churn_assets.features.batch import Horizon
from churn_assets.features.catalogue import CATALOGUE
from churn_assets.features.declaration import Catalogue
from churn_assets.features.event_columns import Array, columns_of
from churn_assets.features.event_rows import EventRows
from churn_assets.features.expressions import CUTOFF, LOG_START, LOOKBACK, Constant, Expression
from churn_assets.features.families import Family
from churn_assets.features.listeners import Listeners
from churn_assets.features.plan import Call, Plan, plan_of
from churn_assets.features.rows import Rows
from churn_assets.features.session_rows import session_rows
from churn_assets.features.timeline import Timeline

__all__ = ["Array", "Listeners", "request_features"]


def request_features(listeners: Listeners, horizon: Horizon, catalogue: Catalogue = CATALOGUE) -> dict[str, Array]:
    """Every declared feature as an array of one value a listener, in the order of `listeners.user_ids`."""
    plan = plan_of(catalogue)
    rows = _AllRows(listeners, horizon, plan)
    known = {place: _supplied(expression, listeners, horizon) for place, expression in plan.others}
    for family, places in plan.families:
        known |= zip(places, rows.values(family), strict=True)
    values = [known.get(place) for place in range(len(plan.steps))]
    size = len(listeners.user_ids)
    return _of_one(values, catalogue) if size == 1 else _of_many(values, catalogue, size)


def _supplied(expression: Expression, listeners: Listeners, horizon: Horizon) -> Any:
    match expression:
        case Constant(value=value):
            return value
        case _ if expression is CUTOFF:
            return listeners.cutoffs
        case _ if expression is LOG_START:
            return horizon.log_start
        case _:
            assert expression is LOOKBACK
            return horizon.lookback_days


def _of_one(values: list[Any], catalogue: Catalogue) -> dict[str, Array]:
    """The features of a single listener, whose arithmetic needs no arrays."""
    values = [value.item() if isinstance(value, np.ndarray) else value for value in values]
    for place, operation, picked in _scalar_program(catalogue):
        values[place] = operation(*picked(values))
    found = {name: values[place] for name, place in plan_of(catalogue).features.items()}
    texts = {name: value for name, value in found.items() if value is None or isinstance(value, str)}
    numbers = [value for name, value in found.items() if name not in texts]
    columns = iter(np.array(numbers, dtype=np.float64)[:, None])
    return {name: np.array([texts[name]], dtype=object) if name in texts else next(columns) for name in found}


@cache
def _scalar_program(catalogue: Catalogue) -> tuple[Call, ...]:
    return tuple(plan_of(catalogue).program(scalar_arithmetic.OPERATIONS))


def _of_many(values: list[Any], catalogue: Catalogue, size: int) -> dict[str, Array]:
    plan = plan_of(catalogue)
    with np.errstate(divide="ignore", invalid="ignore"):
        for place, operation, picked in plan.program(numpy_arithmetic.OPERATIONS):
            values[place] = operation(*picked(values))
    return {name: _column(values[place], size) for name, place in plan.features.items()}


def _column(value: Any, size: int) -> Array:
    column = np.asarray(value)
    return np.broadcast_to(column if column.dtype == object else column.astype(np.float64, copy=False), size)


@dataclass(frozen=True)
class _AllRows:
    """The events and the sessions of some listeners."""

    listeners: Listeners
    horizon: Horizon
    plan: Plan

    def values(self, family: Family) -> Array:
        """The values of a family: aggregates x listeners."""
        return self.sessions.values(family) if family.grain is Grain.SESSION else self.events.values(family)

    @cached_property
    def events(self) -> EventRows:
        """The events, and their days."""
        seen, edges = self.listeners, self.plan.edges_of(is_session=False)
        columns = columns_of(seen.columns)
        timeline = Timeline(columns["ts"], seen.listener, seen.cutoffs, self.horizon.lookback_days, edges)
        return EventRows(Rows(columns, timeline), columns, self.horizon)

    @cached_property
    def sessions(self) -> Rows:
        """The sessions."""
        edges = self.plan.edges_of(is_session=True)
        return session_rows(self.events.columns.coded("session_id"), self.events.timeline, edges)
