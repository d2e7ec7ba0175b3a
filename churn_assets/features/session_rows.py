"""The sessions of some listeners as rows: each with its start and end, as far as the cut-off sees it."""

import numpy as np

from churn_assets.features.aggregates import END, START
from churn_assets.features.event_columns import Coded
from churn_assets.features.event_rows import distinct_pairs, first_of_each
from churn_assets.features.families import Edges
from churn_assets.features.rows import Rows
from churn_assets.features.timeline import Timeline


def session_rows(session_ids: Coded, events: Timeline, edges: Edges) -> Rows:
    """One row a listener's session; `session_ids` is that of each event, `edges` those of windows over sessions."""
    sessions, count = distinct_pairs(events.listener, session_ids.codes, len(session_ids.texts))
    position = np.arange(len(sessions))
    first = first_of_each(sessions, position, count)
    last = np.empty(count, dtype=np.int64)
    last[sessions] = position
    # Events come in order of listener and time: in the order of their first events, so do sessions.
    order = np.argsort(first)
    order = order[np.searchsorted(first[order], 0) :]
    first, last = first[order], last[order]
    columns = {START.name: events.ts[first], END.name: events.ts[last]}
    lookback_days = events.lookback_days
    return Rows(columns, Timeline(columns[START.name], events.listener[first], events.cutoffs, lookback_days, edges))
