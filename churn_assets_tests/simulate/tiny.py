"""Tiny hand-made listeners and visits, of which a test changes what it is about."""

from dataclasses import replace
from datetime import date

import numpy as np

from churn_assets.cutoffs import DAY, epoch_ms
from churn_assets.simulate.behaviour import Flags, Ints, Satisfaction, Temper
from churn_assets.simulate.listeners import Traits
from churn_assets.simulate.lives import Lives
from churn_assets.simulate.visits import Visits
from churn_assets.simulate.world import Today

FRIDAY = date(2026, 1, 2)
MIDNIGHT = epoch_ms(FRIDAY)
NOON = MIDNIGHT + DAY // 2


def whole(count: int, value: int) -> Ints:
    """`count` times the same whole number."""
    return np.full(count, value, np.int64)


def flags(count: int, value: bool) -> Flags:  # noqa: FBT001 - the value is the point
    """`count` times the same truth value."""
    return np.full(count, value)


def some_traits(count: int = 1) -> Traits:
    """Ordinary listeners who signed up a hundred days ago, start a session a day and never log out."""
    joined = whole(count, MIDNIGHT - 100 * DAY)
    return Traits(
        joined=joined,
        registration=joined,
        temper=whole(count, Temper.AVERAGE),
        rate=np.full(count, 1.0),
        weekend_habit=np.zeros(count),
        songs=np.full(count, 10.0),
        chattiness=np.full(count, 0.5),
        logs_out=np.zeros(count),
        peak_hour=np.full(count, 12.0),
        genres=np.tile([0, 1], (count, 1)),
        favourites=whole(count, 0),
        homes=np.tile([0, 50], (count, 1)),
        agents=np.tile([0, 40], (count, 1)),
        mobile_share=np.zeros(count),
        steadiness=np.linspace(0, 1, count, endpoint=False),
        starts_paid=flags(count, False),
        is_woman=flags(count, True),
        first_name=whole(count, 0),
        surname=whole(count, 0),
    )


def some_lives(count: int = 1, satisfaction: Satisfaction = Satisfaction.CONTENT) -> Lives:
    """Listeners on the free plan who are there, all as satisfied."""
    away, gone, cancelled, paid = (flags(count, False) for _ in range(4))
    return Lives(whole(count, satisfaction), away, gone, cancelled, paid, whole(count, 0))


def some_visits(count: int = 1, satisfaction: Satisfaction = Satisfaction.CONTENT) -> Visits:
    """Visits at noon of different listeners on the free plan."""
    return Visits(
        who=some_traits(count),
        listener=np.arange(count),
        start=whole(count, NOON),
        satisfaction=whole(count, satisfaction),
        is_paid=flags(count, False),
        is_new=flags(count, False),
        look=whole(count, 0),
        covariate=0.0,
    )


def paid(visits: Visits) -> Visits:
    """The same visits of listeners who pay."""
    return replace(visits, is_paid=flags(len(visits), True))


def a_day(*, covariate: float = 0.0, concept: float = 0.0) -> Today:
    """Friday, 2 January 2026."""
    return Today(number=0, midnight=MIDNIGHT, weekday=4, covariate=covariate, concept=concept)
