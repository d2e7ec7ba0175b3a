"""Features of a few listeners from their raw events: pure NumPy, no engine to start, the same declarations.

Used for a request to the API; `batch.py` does the same over the lake. A property test holds both equal.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from churn_assets.features import numpy_arithmetic, scalar_arithmetic
from churn_assets.features.aggregates import Grain, Operator
from churn_assets.features.batch import Horizon
from churn_assets.features.catalogue import CATALOGUE
from churn_assets.features.declaration import Catalogue
from churn_assets.features.event_columns import Array, columns_of
from churn_assets.features.event_rows import EventRows
from churn_assets.features.expressions import CUTOFF, LOG_START, LOOKBACK, Constant, Expression
from churn_assets.features.listeners import Listeners
from churn_assets.features.plan import Plan, plan_of
from churn_assets.features.rows import Rows, Values
from churn_assets.features.session_rows import session_rows
from churn_assets.features.timeline import Timeline

__all__ = ["Array", "Listeners", "request_features"]


def request_features(listeners: Listeners, horizon: Horizon, catalogue: Catalogue = CATALOGUE) -> dict[str, Array]:
    """Every declared feature as an array of one value a listener, in the order of `listeners.user_ids`."""
    plan = plan_of(catalogue)
    evaluation = _Evaluation(listeners, horizon, plan)
    if len(listeners.user_ids) == 1:
        return _of_one(evaluation.leaves(), plan)
    return _of_many(evaluation.leaves(), plan, len(listeners.user_ids))


def _of_one(values: list[Any], plan: Plan) -> dict[str, Array]:
    """The features of a single listener, whose arithmetic needs no arrays."""
    values = [value.item() if isinstance(value, np.ndarray) else value for value in values]
    plan.finish(values, scalar_arithmetic.OPERATIONS)
    return {name: _one(values[position]) for name, position in plan.features.items()}


def _one(value: Any) -> Array:
    return np.array([value], dtype=object if value is None or isinstance(value, str) else np.float64)


def _of_many(values: list[Any], plan: Plan, size: int) -> dict[str, Array]:
    with np.errstate(divide="ignore", invalid="ignore"):
        plan.finish(values, numpy_arithmetic.OPERATIONS)
    return {name: np.broadcast_to(values[position], size) for name, position in plan.features.items()}


@dataclass(frozen=True)
class _Evaluation:
    """What the events of some listeners say, one operator after the other."""

    listeners: Listeners
    horizon: Horizon
    plan: Plan

    def leaves(self) -> list[Any]:
        """The values of all steps that are no operation, in their places; None in the places of operations."""
        values: list[Any] = [None] * len(self.plan.steps)
        for (grain, operator), aggregates in self.plan.families.items():
            places = self.plan.places
            rows = self.sessions if grain is Grain.SESSION else self.events
            for aggregate, value in rows.values(operator, aggregates):
                values[places[aggregate]] = value
        for position, expression in self.plan.others:
            values[position] = self._supplied(expression)
        return values

    def _supplied(self, expression: Expression) -> Any:
        match expression:
            case Constant(value=value):
                return value
            case _ if expression is CUTOFF:
                return self.listeners.cutoffs
            case _ if expression is LOG_START:
                return self.horizon.log_start
            case _:
                assert expression is LOOKBACK
                return self.horizon.lookback_days

    @cached_property
    def timeline(self) -> Timeline:
        """The events in order."""
        seen, windows = self.listeners, self.plan.windows[False]
        return Timeline(seen.columns["ts"], seen.listener, seen.cutoffs, self.horizon.lookback_days, windows)

    @cached_property
    def events(self) -> EventRows:
        """The events, and what is over their days."""
        columns = columns_of(self.listeners.columns)
        return EventRows(Rows(columns, self.timeline), columns, self.horizon)

    @cached_property
    def sessions(self) -> Rows:
        """The sessions."""
        return session_rows(self.listeners.columns["session_id"], self.timeline, self.plan.windows[True])
