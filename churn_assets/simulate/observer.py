"""The best possible observer: follows every listener and weighs, of the silent ones, whether they are still there."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from churn_assets.cutoffs import DAY
from churn_assets.simulate.behaviour import (
    GOES_AWAY,
    NEXT_SATISFACTION,
    RETURNS,
    Flags,
    Floats,
    Ints,
    Satisfaction,
    leave_hazard,
    session_rate,
)
from churn_assets.simulate.days import Day, days_of
from churn_assets.simulate.listeners import Traits, draw_traits
from churn_assets.simulate.world import Today, World

LISTENING, AWAY, GONE = range(3)
_NEXT_PRESENCE = np.array([[1 - GOES_AWAY, GOES_AWAY], [RETURNS, 1 - RETURNS]])


@dataclass(frozen=True)
class Knowledge:
    """What the observer knows at 00:00 UTC of day `number` of those who have signed up; one entry a listener.

    `presence` is P(listening, away, gone | silence since the last session): shape (listener, 3). `last_seen` is the
    last event before that midnight (epoch ms, 0 for none); `is_in_session` tells whether a session runs across it.
    """

    number: int
    traits: Traits
    presence: Floats
    satisfaction: Ints
    is_paid: Flags
    is_cancelled: Flags
    last_seen: Ints
    is_in_session: Flags


def watch(world: World) -> Iterator[Knowledge]:
    """What is known at the midnight that ends each day of `world`."""
    traits, present = draw_traits(world)
    presence = np.tile([1.0, 0.0, 0.0], (len(traits), 1))
    latest = np.zeros(len(traits), np.int64)
    for day in days_of(world, traits, present):
        count, end = len(day.traits), day.today.midnight + DAY
        presence[:count] = _after(presence[:count], day)
        rows = day.events.take(day.events.listener >= 0)
        before = rows.take(rows.ts < end)
        last_seen = latest.copy()
        np.maximum.at(last_seen, before.listener, before.ts)
        np.maximum.at(latest, rows.listener, rows.ts)
        yield Knowledge(
            number=day.today.number + 1,
            traits=day.traits,
            presence=presence[:count].copy(),
            satisfaction=day.lives.satisfaction,
            is_paid=day.lives.is_paid,
            is_cancelled=day.lives.is_cancelled,
            last_seen=last_seen[:count],
            is_in_session=latest[:count] >= end,
        )


def _after(presence: Floats, day: Day) -> Floats:
    """The filter's step: a night passes, then a session shows that one listens, or silence speaks against it."""
    everybody = np.arange(len(presence))
    satisfaction = day.lives.satisfaction
    hazard, silence = (of[everybody, satisfaction] for of in _hazard_and_silence(day.traits, day.was_paid, day.today))
    stays = presence[:, :GONE] @ _NEXT_PRESENCE * (1 - hazard)[:, None]
    stays[:, LISTENING] *= silence
    weight = np.column_stack([stays, presence[:, GONE] + presence[:, :GONE].sum(axis=1) * hazard])
    weight[day.has_visited] = (1.0, 0.0, 0.0)
    total: Floats = weight.sum(axis=1, keepdims=True)
    return weight / total


def silence_ahead(world: World, known: Knowledge, *, days: int) -> Floats:
    """P(no event for `days` days from the midnight of `known` on), for each of its listeners."""
    chain = NEXT_SATISFACTION[known.traits.temper]
    silent = np.ones((len(known.traits), len(Satisfaction), 2))
    for number in reversed(range(known.number, known.number + days)):
        hazard, silence = _hazard_and_silence(known.traits, known.is_paid, world.today(number))
        silent[:, :, LISTENING] *= silence
        silent = hazard[:, :, None] + (1 - hazard)[:, :, None] * silent
        silent = chain @ (silent @ _NEXT_PRESENCE.T)
    here = silent[np.arange(len(silent)), known.satisfaction]
    ahead = (known.presence[:, :GONE] * here).sum(axis=1) + known.presence[:, GONE]
    return np.where(known.is_in_session, 0.0, ahead)


def _hazard_and_silence(traits: Traits, is_paid: Flags, today: Today) -> tuple[Floats, Floats]:
    """P(leaves in the night before `today`) and P(no session | listening): each of shape (listener, satisfaction)."""
    hazard = leave_hazard(is_paid, traits.tenure_days(today.midnight), today.concept)
    return hazard, np.exp(-session_rate(traits.rate, traits.weekend_habit, today.weekday))
