"""Features of a few listeners from their raw events: no engine to start, the same declarations.

Used for a request to the API; `batch.py` does the same over the lake. A property test holds both equal. Listeners are
taken one by one: of one listener's few hundred events, lists, dictionaries and sets know most things quicker than
arrays do, and arithmetic on single values is many times quicker than on arrays of one.
"""

import operator
from functools import cache
from itertools import compress
from typing import Any

import numpy as np

from churn_assets.features.aggregates import Grain
from churn_assets.features.batch import Horizon
from churn_assets.features.catalogue import CATALOGUE
from churn_assets.features.declaration import Catalogue, Kind
from churn_assets.features.event_columns import Array, columns_of, part_of
from churn_assets.features.event_rows import EventRows
from churn_assets.features.expressions import LOG_START, LOOKBACK, Constant, Expression
from churn_assets.features.listeners import Listeners
from churn_assets.features.plan import Call, plan_of
from churn_assets.features.rows import Rows, Stretch
from churn_assets.features.scalar_arithmetic import OPERATIONS

__all__ = ["Array", "Listeners", "request_features"]


def request_features(listeners: Listeners, horizon: Horizon, catalogue: Catalogue = CATALOGUE) -> dict[str, Array]:
    """Every declared feature as an array of one value a listener, in the order of `listeners.user_ids`."""
    columns, places = columns_of(listeners.columns), plan_of(catalogue).features.values()
    everything = Rows(columns, columns["ts"], np.empty(0))
    bounds = np.searchsorted(listeners.listener, np.arange(len(listeners.user_ids) + 1)).tolist()
    found: list[list[Any]] = []
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for cutoff, start, stop in zip(listeners.cutoffs.tolist(), bounds[:-1], bounds[1:], strict=True):
            values = _values(Stretch(everything, start, stop), cutoff, horizon, catalogue)
            found.append([values[place] for place in places])
    return _as_columns(found, catalogue)


def _values(own: Stretch, cutoff: int, horizon: Horizon, catalogue: Catalogue) -> list[Any]:
    """The value of every step of the plan, for the listener whose events are `own`."""
    of_events, of_sessions = (cutoff - edges for edges in _spans(catalogue, horizon.lookback_days))
    columns = part_of(columns_of(own.rows.columns), own.start, own.stop, size=len(own.rows.ts))
    events = EventRows(Rows(columns, columns["ts"], of_events, own), columns, cutoff)
    sessions = events.sessions(of_sessions)
    values = list(_supplied(catalogue, horizon))
    for place in plan_of(catalogue).cutoffs:
        values[place] = cutoff
    for family, places in plan_of(catalogue).families:
        rows = sessions if family.grain is Grain.SESSION else events
        for place, value in zip(places, rows.values(family), strict=True):
            values[place] = value
    for place, operation, picked in _program(catalogue):
        values[place] = operation(*picked(values))
    return values


@cache
def _supplied(catalogue: Catalogue, horizon: Horizon) -> tuple[Any, ...]:
    """The values that are the same for every listener, in their places; None in those of all others."""
    known: dict[Expression, int] = {LOG_START: horizon.log_start, LOOKBACK: horizon.lookback_days}
    steps = (step.expression for step in plan_of(catalogue).steps)
    return tuple(one.value if isinstance(one, Constant) else known.get(one) for one in steps)


@cache
def _program(catalogue: Catalogue) -> tuple[Call, ...]:
    return tuple(plan_of(catalogue).program(OPERATIONS))


@cache
def _spans(catalogue: Catalogue, lookback_days: int) -> tuple[Array, Array]:
    """Milliseconds before the cut-off of the edges of windows over events, and over sessions."""
    plan = plan_of(catalogue)
    events, sessions = (plan.edges_of(is_session=kind) for kind in (False, True))
    return events.before(lookback_days), sessions.before(lookback_days)


def _as_columns(found: list[list[Any]], catalogue: Catalogue) -> dict[str, Array]:
    """Rows of features as columns: numbers as floats, texts as objects."""
    is_text = [feature.kind is Kind.CATEGORY for feature in catalogue.features]
    numbers = np.array([list(compress(row, map(operator.not_, is_text))) for row in found], dtype=np.float64)
    texts = np.array([list(compress(row, is_text)) for row in found], dtype=object)
    columns = {
        True: iter(texts.reshape(len(found), is_text.count(True)).T),
        False: iter(numbers.reshape(len(found), is_text.count(False)).T),
    }
    return {feature.name: next(columns[kind]) for feature, kind in zip(catalogue.features, is_text, strict=True)}
