"""The events of a few listeners as a cut-off sees them: clipped, in order, without copies."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from churn_assets.cutoffs import DAY
from churn_assets.features.batch import Horizon
from churn_assets.features.event_columns import Array, EventColumns, KeptColumns, columns_of

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
        whole = columns_of(columns)
        whose, everyone = _ranks(whole, "user_id")
        cutoff = np.array([cutoffs[user] for user in everyone], dtype=np.int64)
        oldest = np.maximum(cutoff - horizon.lookback_days * DAY, horizon.log_start)
        ts = whole["ts"]
        is_seen = (ts < cutoff[whose]) & (ts >= oldest[whose])
        if not is_seen.all():
            seen = np.flatnonzero(is_seen)
            whole, whose = KeptColumns(whole, seen), whose[seen]
        present, listener = _numbered(whose, len(everyone))
        kept = _kept(whole, listener)
        if kept is not None:
            whole, listener = KeptColumns(whole, kept), listener[kept]
        user_ids = np.array(everyone, dtype=object)[present]
        return cls(whole, listener, user_ids, cutoff[present])


def _ranks(columns: EventColumns, name: str) -> tuple[Array, list[str]]:
    """For each text its place among the distinct ones in order; and the distinct ones. No text may be missing."""
    texts = columns.listed(name)
    # Not an array of a text type: it would give every text the room of the longest.
    distinct = sorted(dict.fromkeys(texts))
    if len(distinct) == 1:
        return np.zeros(len(texts), dtype=np.int64), distinct
    ranks = {text: rank for rank, text in enumerate(distinct)}
    return np.fromiter(map(ranks.__getitem__, texts), dtype=np.int64, count=len(texts)), distinct


def _numbered(whose: Array, everyone: int) -> tuple[Array, Array]:
    """Which of the listeners have an event, and each event's listener as a number among those."""
    is_present = np.bincount(whose, minlength=everyone) > 0
    if is_present.all():
        return np.arange(everyone), whose
    return np.flatnonzero(is_present), (np.cumsum(is_present) - 1)[whose]


def _kept(columns: EventColumns, listener: Array) -> Array | None:
    """The rows to keep, in order; None for all of them as they are, which is how logs mostly come."""
    keys = (listener, *(columns[name] for name in ORDER[:-1]))
    if _is_strictly_ascending(keys):
        return None
    pages, _ = _ranks(columns, ORDER[-1])
    keys = (*keys, pages)
    order = np.lexsort(keys[::-1])
    is_copy = np.logical_and.reduce([key[order][1:] == key[order][:-1] for key in keys])
    kept: Array = order[np.concatenate([np.ones(min(len(order), 1), dtype=bool), ~is_copy])]
    return kept


def _is_strictly_ascending(keys: tuple[Array, ...]) -> bool:
    """Whether every row comes after the one before, the first key counting most; so no row is another's copy."""
    comes_after = np.zeros(max(len(keys[0]) - 1, 0), dtype=bool)
    for key in reversed(keys):
        comes_after = (key[1:] > key[:-1]) | ((key[1:] == key[:-1]) & comes_after)
    return bool(comes_after.all())
