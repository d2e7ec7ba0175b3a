"""The hidden state of all listeners, and how a night changes it."""

from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from churn_assets.simulate.behaviour import (
    FIRST_SATISFACTION,
    GOES_AWAY,
    NEXT_SATISFACTION,
    RETURNS,
    Flags,
    Floats,
    Ints,
    leave_hazard,
)
from churn_assets.simulate.listeners import Traits
from churn_assets.simulate.world import Today, World

LIVES = 3


@dataclass(frozen=True)
class Lives:
    """The hidden state of everybody who ever signs up, changed in place; one entry a listener.

    `busy_until` is the last moment (epoch ms) of the latest session. Nobody comes back who `is_gone` or `is_cancelled`.
    """

    satisfaction: Ints
    is_away: Flags
    is_gone: Flags
    is_cancelled: Flags
    is_paid: Flags
    busy_until: Ints

    @classmethod
    def at_first(cls, world: World, traits: Traits) -> Self:
        """Everybody as the first day, or the day of sign-up, finds him."""
        count = len(traits)
        draws = world.chance(LIVES).random(count)
        away, gone, cancelled = np.zeros((3, count), bool)
        satisfaction = np.searchsorted(FIRST_SATISFACTION.cumsum()[:-1], draws, side="right")
        return cls(satisfaction, away, gone, cancelled, traits.starts_paid.copy(), np.zeros(count, np.int64))

    def first(self, count: int) -> Self:
        """The first `count` listeners: views, so that what is done to them is done to all."""
        return type(self)(*(getattr(self, field.name)[:count] for field in fields(self)))

    def copy(self) -> Self:
        """The state as it is now, which later nights leave alone."""
        return type(self)(*(getattr(self, field.name).copy() for field in fields(self)))

    def sleep_over(self, traits: Traits, today: Today, chance: np.random.Generator) -> None:
        """Pass the night before `today`: who is not new may change his mind, go away, return or leave for good."""
        is_known = traits.joined < today.midnight
        mind, presence, farewell = chance.random((3, len(is_known)))
        odds = NEXT_SATISFACTION[traits.temper, self.satisfaction].cumsum(axis=1)
        self.satisfaction[:] = np.where(is_known, (mind[:, None] >= odds[:, :-1]).sum(axis=1), self.satisfaction)
        self.is_away[:] = is_known & np.where(self.is_away, presence >= RETURNS, presence < GOES_AWAY)
        self.is_gone[:] |= is_known & (farewell < self._hazard(traits, today))

    def _hazard(self, traits: Traits, today: Today) -> Floats:
        hazard = leave_hazard(self.is_paid, traits.tenure_days(today.midnight), today.concept)
        return hazard[np.arange(len(hazard)), self.satisfaction]
