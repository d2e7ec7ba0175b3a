"""The numbers of the hidden process; the simulation draws from them, and the truth is computed from the same."""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from churn_assets.cutoffs import DAYS_A_WEEK

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Satisfaction(IntEnum):
    """How a listener feels about the service today."""

    FED_UP = 0
    BORED = 1
    CONTENT = 2
    DELIGHTED = 3


class Temper(IntEnum):
    """Which way a listener's satisfaction is pulled."""

    HARD_TO_PLEASE = 0
    AVERAGE = 1
    EASY = 2


TEMPER_SHARE = np.array([0.3, 0.45, 0.25])
FIRST_SATISFACTION = np.array([0.04, 0.18, 0.48, 0.30])
STEP_UP = np.array([0.022, 0.022, 0.016, 0.0])
STEP_DOWN = np.array([0.0, 0.022, 0.012, 0.022])
PULL_UP = np.array([0.65, 1.0, 1.4])
PULL_DOWN = np.array([1.7, 1.0, 0.55])

GOES_AWAY = 0.010
RETURNS = 0.08

LEAVES = np.array([0.024, 0.0030, 0.0003, 0.0001])
LEAVES_BY_PLAN = np.array([1.25, 0.7])
LEAVES_AT_FIRST = 1.8
FIRST_DAYS = 21
LEAVES_AFTER_PRICE_RISE = np.array([0.0006, 0.0110])

ACTIVITY = np.array([0.45, 0.75, 1.0, 1.12])
WEEKDAYS = np.array([1.0, 0.98, 1.0, 1.02, 1.07, 0.97, 0.96])
MOST_SESSIONS_A_DAY = 4
MOBILE_SHIFT = 0.6
MOVING_SHIFT = 0.5

SONGS = np.array([0.55, 0.8, 1.0, 1.1])
SONGLESS = 0.12
SHORTER_SESSIONS = 0.45
SKIPS = np.array([0.30, 0.18, 0.09, 0.05])
SECOND_GENRE = 0.3
PLAYS_OWN_TASTE = np.array([0.45, 0.55, 0.65, 0.7])

CANCELS = np.array([[0.020, 0.030], [0.005, 0.007], [0.0008, 0.0010], [0.0002, 0.0003]])
UPGRADES = np.array([0.001, 0.003, 0.009, 0.018])
DOWNGRADES = np.array([0.040, 0.015, 0.003, 0.001])


def _next_satisfaction() -> Floats:
    """Probability of tomorrow's satisfaction given today's: shape (temper, today, tomorrow)."""
    states = len(Satisfaction)
    chain = np.zeros((len(Temper), states, states))
    for temper in Temper:
        up, down = STEP_UP * PULL_UP[temper], STEP_DOWN * PULL_DOWN[temper]
        chain[temper] = np.diag(1 - up - down) + np.diag(up[:-1], 1) + np.diag(down[1:], -1)
    return chain


NEXT_SATISFACTION = _next_satisfaction()


def leave_hazard(is_paid: Flags, tenure_days: Ints, concept: float) -> Floats:
    """Probability that a listener leaves silently on a day: shape (listener, satisfaction).

    `concept` is the strength of the change from leaving out of dissatisfaction to leaving because of a price rise.
    """
    at_first = np.where(tenure_days < FIRST_DAYS, LEAVES_AT_FIRST, 1.0)
    plan = is_paid.astype(np.int64)
    unhappy: Floats = (LEAVES_BY_PLAN[plan] * at_first)[:, None] * LEAVES
    price: Floats = LEAVES_AFTER_PRICE_RISE[plan][:, None]
    return (1 - concept) * unhappy + concept * price


def session_rate(rate: Floats, weekend_habit: Floats, weekday: int) -> Floats:
    """Sessions expected on a day of a listener who is present: shape (listener, satisfaction).

    `weekend_habit` is 0 for who listens alike on all days; the mean over a week stays the same.
    """
    weekend = 2
    is_weekend = weekday >= DAYS_A_WEEK - weekend
    habit = 1 + weekend_habit * (1 if is_weekend else -weekend / (DAYS_A_WEEK - weekend))
    sessions: Floats = (rate * habit * WEEKDAYS[weekday])[:, None] * ACTIVITY
    return sessions
