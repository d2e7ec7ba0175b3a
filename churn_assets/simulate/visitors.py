"""Passers-by who look around without logging in; their rows name nobody."""

import numpy as np

from churn_assets.cutoffs import DAY, MINUTE, SECOND
from churn_assets.simulate.events import Events
from churn_assets.simulate.pages import Page

_LOOKED_AT = (
    Page.VISITOR_HOME,
    Page.VISITOR_ABOUT,
    Page.VISITOR_HELP,
    Page.VISITOR_ERROR,
    Page.GUEST_ABOUT,
    Page.GUEST_REGISTER,
    Page.GUEST_SUBMIT_REGISTRATION,
)
_SHARES = (0.62, 0.13, 0.09, 0.02, 0.05, 0.07, 0.02)
_ROWS_A_VISIT = 2.0


def passers_by(chance: np.random.Generator, midnight: int, *, count: int, first_session: int) -> Events:
    """Rows of `count` visits on the day that begins at `midnight` (epoch ms), each with a session id of its own."""
    rows = np.minimum(1 + chance.poisson(_ROWS_A_VISIT - 1, count), 9)
    visit = np.repeat(np.arange(count), rows)
    item = np.arange(len(visit)) - np.repeat(rows.cumsum() - rows, rows)
    start = chance.integers(0, DAY - 10 * MINUTE, count)
    pages = np.array([page.code for page in _LOOKED_AT])
    nothing = np.full(len(visit), -1)
    return Events(
        ts=midnight + start[visit] + item * chance.integers(1, 60, count)[visit] * SECOND,
        listener=nothing,
        session=first_session + visit,
        item=item,
        page=np.where(item == 0, Page.VISITOR_HOME.code, chance.choice(pages, len(visit), p=_SHARES)),
        plan=np.zeros(len(visit), np.int64),
        song=nothing,
        look=np.zeros(len(visit), np.int64),
    )
