"""Both evaluators and the oracle in one shape, and how their answers are compared."""

from collections.abc import Sequence
from math import isclose, isnan
from typing import Any

import numpy as np

from churn_assets.cutoffs import DAY
from churn_assets.features.batch import Horizon
from churn_assets.features.request import Listeners, request_features
from churn_assets_tests.features import oracle
from churn_assets_tests.features.memory_batch import HORIZON, Rows
from churn_assets_tests.logs import Event, Log, event_arrays


def users(log: Log) -> list[str]:
    """The listeners of a log, in order."""
    return sorted({event.user_id for event in log})


def events_of(log: Log, user_id: str) -> list[Event]:
    """One listener's events."""
    return [event for event in log if event.user_id == user_id]


def requested(log: Log, cutoff: int, horizon: Horizon = HORIZON) -> Rows:
    """What the request evaluator says at one cut-off, for all listeners at once."""
    if not any((cutoff - horizon.lookback_days) * DAY <= event.ts < cutoff * DAY for event in log):
        return {}
    listeners = Listeners.of(event_arrays(log), dict.fromkeys(users(log), cutoff * DAY), horizon)
    values = request_features(listeners, horizon)
    columns = {name: np.broadcast_to(value, len(listeners.user_ids)) for name, value in values.items()}
    rows = [{name: plain(column[n]) for name, column in columns.items()} for n in range(len(listeners.user_ids))]
    return {(user_id, cutoff): row for user_id, row in zip(listeners.user_ids, rows, strict=True)}


def requested_at(log: Log, cutoffs: Sequence[int], horizon: Horizon = HORIZON) -> Rows:
    """The same at several cut-offs."""
    return {key: row for cutoff in cutoffs for key, row in requested(log, cutoff, horizon).items()}


def reckoned(log: Log, cutoffs: Sequence[int], horizon: Horizon = HORIZON) -> Rows:
    """What the oracle says."""
    found = {(u, c): oracle.features(events_of(log, u), c, horizon) for u in users(log) for c in cutoffs}
    return {key: row for key, row in found.items() if row is not None}


def plain(value: Any) -> float | str | None:
    """A value of either engine as plain Python has it: null is None."""
    if value is None or isinstance(value, str):
        return value
    return None if isnan(value) else float(value)


def differences(left: Rows, right: Rows, *, within: float = 0.0) -> list[str]:
    """Each value that differs by more than `within` of its size (and not at all, for 0), in words."""
    missing = [f"{key} is in one only" for key in left.keys() ^ right.keys()]
    return missing + [
        f"{key} {name}: {row[name]!r} is not {right[key].get(name, 'there')!r}"
        for key, row in left.items()
        if key in right
        for name in row.keys() | right[key].keys()
        if not is_same(row.get(name, "absent"), right[key].get(name, "absent"), within)
    ]


def is_same(left: float | str | None, right: float | str | None, within: float) -> bool:
    """Whether two values agree; numbers up to a relative (around 0, as small an absolute) difference."""
    if isinstance(left, float) and isinstance(right, float):
        return isclose(left, right, rel_tol=within, abs_tol=within)
    return left == right
