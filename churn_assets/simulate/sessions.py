"""Sessions from arrival to end: logging in, songs, a change of plan, cancelling, logging out."""

from dataclasses import dataclass

import numpy as np

from churn_assets.cutoffs import HOUR, SECOND
from churn_assets.simulate.behaviour import (
    CANCELS,
    DOWNGRADES,
    PLAYS_OWN_TASTE,
    SECOND_GENRE,
    SHORTER_SESSIONS,
    SKIPS,
    SONGLESS,
    SONGS,
    UPGRADES,
    Flags,
    Ints,
)
from churn_assets.simulate.catalogue import SONGS_A_GENRE, catalogue, favourite, popular
from churn_assets.simulate.events import Events
from churn_assets.simulate.pages import PAGES, Page
from churn_assets.simulate.reactions import reactions
from churn_assets.simulate.visits import Loose, Songs, Visits

LONGEST_SESSION = 9 * HOUR
MOST_SONGS = 110
VISITOR = -1
_NEVER = np.iinfo(np.int64).max
_IS_VISITOR = np.array([page.is_visitor for page in PAGES])
_OPENS_AT_HOME = 0.55
_STAYS_AFTER_LAST_SONG = 240 * SECOND


@dataclass(frozen=True)
class Played:
    """The rows of a round's sessions, and what each session leaves behind: its end (epoch ms), plan and verdict."""

    events: Events
    end: Ints
    is_paid: Flags
    is_cancelled: Flags


def play(visits: Visits, chance: np.random.Generator, *, first_session: int) -> Played:
    """Play every visit to its end; session ids count from `first_session`, and two visits share one."""
    logs_in = visits.is_new | (chance.random(len(visits)) < visits.who.logs_out)
    ready = visits.start + np.where(logs_in, chance.integers(2, 60, len(visits)) * SECOND, 0)
    songs = _songs(visits, ready, chance)
    is_silent = ~np.isin(np.arange(len(visits)), songs.visit)
    arrivals = _arrivals(visits, ready, chance, logs_in=logs_in, is_silent=is_silent)
    over = ready.copy()
    np.maximum.at(over, songs.visit, songs.ts + np.minimum(songs.heard, _STAYS_AFTER_LAST_SONG))
    changes, changed_at = _plan_changes(visits, ready, over, chance)
    is_changed = changed_at != _NEVER
    over[is_changed] = np.maximum(over, changed_at)[is_changed] + SECOND
    endings, is_cancelled = _endings(visits, over, chance)
    rows = Loose.in_order([*arrivals, Loose.plays(songs), *reactions(visits, songs, chance), *changes, *endings])
    first = np.searchsorted(rows.visit, np.arange(len(visits)))
    events = _as_events(visits, rows, first, changed_at=changed_at, first_session=first_session)
    return Played(events, np.maximum.reduceat(rows.ts, first), visits.is_paid ^ is_changed, is_cancelled)


def _songs(visits: Visits, ready: Ints, chance: np.random.Generator) -> Songs:
    """The songs of every visit, one after the other; a skipped one is heard in part."""
    mean = visits.who.songs * SONGS[visits.satisfaction] * (1 - SHORTER_SESSIONS * visits.covariate)
    count = np.minimum(1 + chance.gamma(1.1, mean / 1.1).astype(np.int64), MOST_SONGS)
    count[chance.random(len(visits)) < SONGLESS] = 0
    visit = np.repeat(np.arange(len(visits)), count)
    song = _choices(visits, visit, chance)
    is_skipped = chance.random(len(visit)) < SKIPS[visits.satisfaction[visit]]
    share = np.where(is_skipped, chance.uniform(0.02, 0.5, len(visit)), 1.0)
    heard = np.maximum((catalogue().length_s[song] * share).astype(np.int64), 1) * SECOND
    before = np.concatenate([[0], heard.cumsum()])
    since_ready = before[:-1] - np.repeat(before[count.cumsum() - count], count) + SECOND
    return Songs(visit, ready[visit] + since_ready, heard, song).take(since_ready < LONGEST_SESSION)


def _choices(visits: Visits, visit: Ints, chance: np.random.Generator) -> Ints:
    """A song for each entry of `visit`: the listener's own favourites, or what everybody plays."""
    who, plays = visits.who, len(visit)
    second = (chance.random(plays) < SECOND_GENRE).astype(np.int64)
    is_own = chance.random(plays) < PLAYS_OWN_TASTE[visits.satisfaction[visit]]
    rank = chance.random(plays)
    genre = who.genres[visit, second]
    return genre * SONGS_A_GENRE + np.where(is_own, favourite(rank, who.favourites[visit]), popular(rank))


def _arrivals(
    visits: Visits, ready: Ints, chance: np.random.Generator, *, logs_in: Flags, is_silent: Flags
) -> list[Loose]:
    """How visits begin: straight at home or at a song, by logging in, or by registering."""
    new, known = np.flatnonzero(visits.is_new), np.flatnonzero(logs_in & ~visits.is_new)
    seen_home = known[chance.random(len(known)) < _OPENS_AT_HOME]
    at_home = np.flatnonzero(logs_in | is_silent | (chance.random(len(visits)) < _OPENS_AT_HOME))
    return [
        Loose.of(Page.GUEST_HOME, new, visits.start[new]),
        Loose.of(Page.GUEST_REGISTER, new, (visits.start[new] + ready[new]) // 2),
        Loose.of(Page.SUBMIT_REGISTRATION, new, ready[new]),
        Loose.of(Page.VISITOR_HOME, seen_home, visits.start[seen_home]),
        Loose.of(Page.VISITOR_LOGIN, known, ready[known] - SECOND),
        Loose.of(Page.HOME, at_home, ready[at_home]),
    ]


def _plan_changes(visits: Visits, ready: Ints, over: Ints, chance: np.random.Generator) -> tuple[list[Loose], Ints]:
    """Rows of upgrades and downgrades, and when each visit's plan changes (epoch ms; far in the future if never)."""
    odds = np.where(visits.is_paid, DOWNGRADES[visits.satisfaction], UPGRADES[visits.satisfaction])
    changes = np.flatnonzero(chance.random(len(visits)) < odds)
    asked = ready[changes] + (chance.random(len(changes)) * (over - ready)[changes]).astype(np.int64) + SECOND
    done = asked + chance.integers(2, 30, len(changes)) * SECOND
    changed_at = np.full(len(visits), _NEVER)
    changed_at[changes] = done
    paid = visits.is_paid[changes]
    rows = [
        Loose.of(page, changes[chosen], at[chosen])
        for chosen, pages in (
            (~paid, (Page.UPGRADE, Page.SUBMIT_UPGRADE)),
            (paid, (Page.DOWNGRADE, Page.SUBMIT_DOWNGRADE)),
        )
        for page, at in zip(pages, (asked, done), strict=True)
    ]
    return rows, changed_at


def _endings(visits: Visits, over: Ints, chance: np.random.Generator) -> tuple[list[Loose], Flags]:
    """Rows that end visits, and which of them end the account."""
    is_cancelled = chance.random(len(visits)) < CANCELS[visits.satisfaction, visits.is_paid.astype(np.int64)]
    leaves = ~is_cancelled & (chance.random(len(visits)) < visits.who.logs_out)
    pause = chance.integers(1, 40, (2, len(visits))) * SECOND
    cancelling, leaving = np.flatnonzero(is_cancelled), np.flatnonzero(leaves)
    asked = over + pause[0]
    rows = [
        Loose.of(Page.CANCEL, cancelling, asked[cancelling]),
        Loose.of(Page.CANCELLATION_CONFIRMATION, cancelling, (asked + pause[1])[cancelling]),
        Loose.of(Page.LOGOUT, leaving, asked[leaving]),
    ]
    return rows, is_cancelled


def _as_events(visits: Visits, rows: Loose, first: Ints, *, changed_at: Ints, first_session: int) -> Events:
    """Rows of visits, in order and with `first` the position of each visit's first, as rows of the log."""
    visit = rows.visit
    plan = visits.is_paid[visit] ^ (rows.ts > changed_at[visit])
    return Events(
        ts=rows.ts,
        listener=np.where(_IS_VISITOR[rows.page], VISITOR, visits.listener[visit]),
        session=first_session + visit // 2,
        item=np.arange(len(visit)) - first[visit],
        page=rows.page,
        plan=plan.astype(np.int64),
        song=rows.song,
        look=visits.look[visit],
    )
