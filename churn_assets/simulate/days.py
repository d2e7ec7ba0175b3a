"""Day after day of a service: nights pass over the listeners, and whoever is there opens sessions."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from churn_assets.cutoffs import HOUR, MINUTE
from churn_assets.simulate.behaviour import (
    MOBILE_SHIFT,
    MOST_SESSIONS_A_DAY,
    MOVING_SHIFT,
    Flags,
    Ints,
    session_rate,
)
from churn_assets.simulate.events import Events
from churn_assets.simulate.listeners import LATEST_START, Traits
from churn_assets.simulate.lives import Lives
from churn_assets.simulate.sessions import play
from churn_assets.simulate.visitors import passers_by
from churn_assets.simulate.visits import Visits
from churn_assets.simulate.world import Today, World

DAYS = 4
_BETWEEN_SESSIONS = 15 * MINUTE
_SPREAD_HOURS = 3.2
_PASSERS_BY = 0.05
_NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Day:
    """What a day brought, for the listeners who had signed up by its end.

    `events` are of the sessions that started on it, which may run past midnight; `has_visited` tells who started
    one, `was_paid` the plan in the morning, and `lives` is the state once those sessions are over.
    """

    today: Today
    traits: Traits
    events: Events
    has_visited: Flags
    was_paid: Flags
    lives: Lives


@dataclass(frozen=True)
class _Scene:
    """Who is there on a day, in which state, and the day's source of chance."""

    traits: Traits
    lives: Lives
    today: Today
    chance: np.random.Generator


def days_of(world: World, traits: Traits, present: Ints) -> Iterator[Day]:
    """Live the days of `world`, for the listeners and their number on each day that `draw_traits` gave."""
    everybody = Lives.at_first(world, traits)
    session = 1
    for number, count in enumerate(present.tolist()):
        today, chance = world.today(number), world.chance(DAYS, number)
        scene = _Scene(traits.take(slice(count)), everybody.first(count), today, chance)
        was_paid = scene.lives.is_paid.copy()
        scene.lives.sleep_over(scene.traits, today, chance)
        starts = _starts(scene)
        parts, session = _sessions(scene, starts, first_session=session)
        visits = int(chance.poisson(_PASSERS_BY * count))
        parts.append(passers_by(chance, today.midnight, count=visits, first_session=session))
        session += visits
        yield Day(today, scene.traits, Events.joined(parts), starts[:, 0] < _NEVER, was_paid, scene.lives.copy())


def _starts(scene: _Scene) -> Ints:
    """Draw when each listener means to start sessions, earliest first: shape (listener, 4), `_NEVER` for none."""
    traits, lives, today, chance = scene.traits, scene.lives, scene.today, scene.chance
    rates = session_rate(traits.rate, traits.weekend_habit, today.weekday)
    rate = rates[np.arange(len(traits)), lives.satisfaction]
    count = np.where(lives.is_away | lives.is_gone | lives.is_cancelled, 0, chance.poisson(rate))
    hours = traits.peak_hour[:, None] + _SPREAD_HOURS * chance.standard_normal((len(traits), MOST_SESSIONS_A_DAY))
    moment = np.minimum((hours % 24 * HOUR).astype(np.int64), LATEST_START)
    is_meant = np.arange(MOST_SESSIONS_A_DAY) < count[:, None]
    starts = np.sort(np.where(is_meant, today.midnight + moment, _NEVER), axis=1)
    is_new = traits.joined >= today.midnight
    starts[is_new] = _NEVER
    starts[is_new, 0] = traits.joined[is_new]
    return starts


def _sessions(scene: _Scene, starts: Ints, *, first_session: int) -> tuple[list[Events], int]:
    """Play the sessions of a day round by round, everybody's first before the second; rows and the next session id."""
    parts, session, lives = [], first_session, scene.lives
    for start in starts.T:
        visits = _visits(scene, start)
        if len(visits) == 0:
            break
        played = play(visits, scene.chance, first_session=session)
        lives.busy_until[visits.listener] = played.end
        lives.is_paid[visits.listener] = played.is_paid
        lives.is_cancelled[visits.listener] = played.is_cancelled
        parts.append(played.events)
        session += (len(visits) + 1) // 2
    return parts, session


def _visits(scene: _Scene, start: Ints) -> Visits:
    """Tell who starts a session at `start`, once his last one is over; one that would begin too late is dropped."""
    lives, today = scene.lives, scene.today
    free = np.maximum(start, lives.busy_until + _BETWEEN_SESSIONS)
    listener = np.flatnonzero((free <= today.midnight + LATEST_START) & ~lives.is_cancelled)
    who = scene.traits.take(listener)
    is_moved = who.steadiness < MOVING_SHIFT * today.covariate
    mobile_share = who.mobile_share + (1 - who.mobile_share) * MOBILE_SHIFT * today.covariate
    is_mobile = scene.chance.random(len(listener)) < mobile_share
    return Visits(
        who=who,
        listener=listener,
        start=free[listener],
        satisfaction=lives.satisfaction[listener],
        is_paid=lives.is_paid[listener],
        is_new=who.joined == free[listener],
        look=2 * is_moved + is_mobile,
        covariate=today.covariate,
    )
