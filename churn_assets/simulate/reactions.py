"""What listeners do about the songs they hear, by satisfaction and plan: thumbs, adverts, errors, help and the like."""

import numpy as np

from churn_assets.cutoffs import MINUTE, SECOND
from churn_assets.simulate.behaviour import Floats
from churn_assets.simulate.pages import Page
from churn_assets.simulate.visits import Loose, Songs, Visits

_SOCIAL = (Page.THUMBS_UP, Page.THUMBS_DOWN, Page.ADD_TO_PLAYLIST, Page.ADD_FRIEND)
_BY_SATISFACTION: dict[Page, tuple[float, float, float, float]] = {
    Page.THUMBS_UP: (0.032, 0.068, 0.115, 0.140),
    Page.THUMBS_DOWN: (0.090, 0.044, 0.016, 0.009),
    Page.ADD_TO_PLAYLIST: (0.010, 0.022, 0.042, 0.060),
    Page.ADD_FRIEND: (0.006, 0.014, 0.026, 0.036),
    Page.ERROR: (0.0100, 0.0040, 0.0010, 0.0006),
    Page.HELP: (0.0160, 0.0085, 0.0042, 0.0032),
    Page.SETTINGS: (0.0080, 0.0065, 0.0055, 0.0050),
    Page.ABOUT: (0.0020, 0.0020, 0.0018, 0.0018),
    Page.HOME: (0.050, 0.042, 0.036, 0.034),
}
_FREE_ONLY: dict[Page, tuple[float, float, float, float]] = {
    Page.ROLL_ADVERT: (0.150, 0.090, 0.052, 0.044),
    Page.UPGRADE: (0.0010, 0.0020, 0.0045, 0.0065),
}
_PAID_ONLY: dict[Page, tuple[float, float, float, float]] = {Page.DOWNGRADE: (0.0400, 0.0150, 0.0055, 0.0040)}
_PAGES = (*_BY_SATISFACTION, *_FREE_ONLY, *_PAID_ONLY)
_SAME_MILLISECOND = 0.03
_SAVES_SETTINGS = 0.2


def _odds() -> Floats:
    """Cumulative probability of each reaction to a song: shape (plan, satisfaction, reaction)."""
    everywhere = np.array(list(_BY_SATISFACTION.values())).T
    free, paid = (np.array(list(rows.values())).T for rows in (_FREE_ONLY, _PAID_ONLY))
    on_free = np.hstack([everywhere, free, np.zeros_like(paid)])
    on_paid = np.hstack([everywhere, np.zeros_like(free), paid])
    return np.stack([on_free, on_paid]).cumsum(axis=2)


_ODDS = _odds()
_CODES = np.array([page.code for page in _PAGES])
_SOCIAL_COUNT = len(_SOCIAL)


def reactions(visits: Visits, songs: Songs, chance: np.random.Generator) -> list[Loose]:
    """Rows of what the listeners of `visits` do about `songs`: at most one reaction a song, and what follows on it."""
    plan, satisfaction = visits.is_paid.astype(np.int64), visits.satisfaction
    odds = _ODDS[plan[songs.visit], satisfaction[songs.visit]]
    which = (chance.random(len(songs))[:, None] >= odds).sum(axis=1)
    is_shown = chance.random(len(songs)) < 2 * visits.who.chattiness[songs.visit]
    reacts = (which < len(_PAGES)) & ((which >= _SOCIAL_COUNT) | is_shown)
    about, page = songs.take(reacts), _CODES[which[reacts]]
    delay = chance.random(len(about)) ** 2 * np.minimum(about.heard, MINUTE)
    is_instant = chance.random(len(about)) < _SAME_MILLISECOND
    ts = about.ts + np.where(is_instant, 0, delay).astype(np.int64)
    saves = (page == Page.SETTINGS.code) & (chance.random(len(about)) < _SAVES_SETTINGS)
    saved_at = ts[saves] + chance.integers(SECOND, 20 * SECOND, int(saves.sum()))
    return [
        Loose(about.visit, ts, page, np.full(len(about), -1)),
        Loose.of(Page.SAVE_SETTINGS, about.visit[saves], saved_at),
    ]
