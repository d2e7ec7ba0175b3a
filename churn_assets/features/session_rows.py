"""The sessions of some listeners as rows: each with its start and end, as far as the cut-off sees it."""

import numpy as np
import pandas as pd

from churn_assets.features.aggregates import END, START
from churn_assets.features.event_columns import Array
from churn_assets.features.event_rows import distinct_pairs
from churn_assets.features.families import Edges
from churn_assets.features.rows import Rows
from churn_assets.features.timeline import Timeline


def session_rows(session_id: Array, events: Timeline, edges: Edges) -> Rows:
    """One row a listener's session; `session_id` is that of each event, `edges` those of windows over sessions."""
    codes, distinct = pd.factorize(session_id)
    # Events come in order of listener and time, so do sessions that are numbered as they appear.
    sessions, count = distinct_pairs(events.listener, codes, len(distinct))
    position = np.arange(len(session_id))
    first, last = np.full(count, len(session_id)), np.zeros(count, dtype=np.int64)
    np.minimum.at(first, sessions, position)
    np.maximum.at(last, sessions, position)
    columns = {START.name: events.ts[first], END.name: events.ts[last]}
    return Rows(columns, Timeline(columns[START.name], events.listener[first], events.cutoffs, events.lookback_days, edges))
