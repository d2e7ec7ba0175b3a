"""The cut-off of a prediction: what was asked for, else data time, never the server's wall clock."""

from collections.abc import Mapping

import numpy as np

from churn_assets.cutoffs import DAY
from churn_assets.serving.events import Events


def cutoffs(events: Events, *, as_of: int | None, clock: int | None) -> Mapping[str, int]:
    """The cut-off of each listener, in epoch milliseconds: `as_of`, if it was asked for.

    Else `clock`, the data clock, or the first midnight after the listener's own newest event, whichever is later.
    """
    if as_of is not None:
        return dict.fromkeys(events.of_listener, as_of)
    ts = events.columns["ts"]
    newest = ((user, int(np.max(ts[rows]))) for user, rows in events.of_listener.items())
    return {user: max(clock or 0, (last // DAY + 1) * DAY) for user, last in newest}
