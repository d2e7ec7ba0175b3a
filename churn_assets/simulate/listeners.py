"""Who the listeners are: traits that stay with them, drawn cohort by cohort as they sign up."""

from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from churn_assets.cutoffs import DAY, HOUR, MINUTE
from churn_assets.simulate.agents import AGENTS, DESKTOP_AGENTS
from churn_assets.simulate.behaviour import TEMPER_SHARE, Flags, Floats, Ints, Temper
from churn_assets.simulate.catalogue import GENRES, SONGS_A_GENRE
from churn_assets.simulate.names import MEN, SURNAMES, WOMEN
from churn_assets.simulate.places import FIRST_WESTERN, PLACES
from churn_assets.simulate.world import World

SIGN_UPS_A_DAY = 0.003
FIRST_USER_ID = 1_001
LATEST_START = DAY - 5 * MINUTE
TRAITS, SIGN_UPS = 1, 2
_RATE_MEDIAN, _RATE_SPREAD, _RATE_RANGE = 0.22, 0.75, (0.07, 1.6)
_ACCOUNT_AGE_DAYS = 220.0
_WRONG_CLOCK, _WOMEN, _USUALLY_DESKTOP = 0.02, 0.52, 0.66


@dataclass(frozen=True)
class Traits:
    """One entry a listener, in the order of their sign-up; times in epoch milliseconds, hours in UTC.

    `joined` is the sign-up; `registration` is what the log says of it, wrong now and then. `rate` is sessions a day
    of a content listener who is present; `songs` the mean of a session; `homes` and `agents` hold two each:
    the usual one, and the other that a covariate shift brings (for agents: a phone, also used now and then before).
    """

    joined: Ints
    registration: Ints
    temper: Ints
    rate: Floats
    weekend_habit: Floats
    songs: Floats
    chattiness: Floats
    logs_out: Floats
    peak_hour: Floats
    genres: Ints
    favourites: Ints
    homes: Ints
    agents: Ints
    mobile_share: Floats
    steadiness: Floats
    starts_paid: Flags
    is_woman: Flags
    first_name: Ints
    surname: Ints

    def __len__(self) -> int:
        return len(self.joined)

    def take(self, chosen: Ints | slice) -> Self:
        """The listeners at positions; views of the same entries for a slice."""
        return type(self)(*(getattr(self, field.name)[chosen] for field in fields(self)))

    def tenure_days(self, midnight: int) -> Ints:
        """Whole days from each sign-up to `midnight`; negative on the day of sign-up."""
        return (midnight - self.joined) // DAY


def user_id(listener: int) -> str:
    """The id in the log of the listener at a position."""
    return str(FIRST_USER_ID + listener)


def draw_traits(world: World) -> tuple[Traits, Ints]:
    """Everybody who signs up until the last day, and how many there are on each day (shape: days)."""
    founders = _cohort(world, world.chance(TRAITS), _joined_before(world))
    cohorts = [founders, *(_newcomers(world, number) for number in range(world.days))]
    present = np.cumsum([len(cohort) for cohort in cohorts])[1:]
    columns = (np.concatenate([getattr(cohort, field.name) for cohort in cohorts]) for field in fields(Traits))
    return Traits(*columns), present


def _newcomers(world: World, number: int) -> Traits:
    chance = world.chance(SIGN_UPS, number)
    count = chance.poisson(world.listeners * SIGN_UPS_A_DAY)
    moment = chance.uniform(0, LATEST_START, count).astype(np.int64)
    return _cohort(world, chance, world.first_ms + number * DAY + np.sort(moment))


def _joined_before(world: World) -> Ints:
    age_days = world.chance(TRAITS, 1).exponential(_ACCOUNT_AGE_DAYS, world.listeners)
    return np.sort(world.first_ms - 1 - (age_days * DAY).astype(np.int64))


def _cohort(world: World, chance: np.random.Generator, joined: Ints) -> Traits:
    """Traits of the listeners who signed up at the times `joined`."""
    count = len(joined)
    homes = np.column_stack([_home(chance, count), chance.integers(FIRST_WESTERN, len(PLACES), count)])
    offset = np.array([place.utc_offset for place in PLACES])[homes[:, 0]]
    is_founder = joined < world.first_ms
    return Traits(
        joined=joined,
        registration=_registration(world, chance, joined),
        temper=chance.choice(len(Temper), count, p=TEMPER_SHARE),
        rate=np.clip(_RATE_MEDIAN * np.exp(_RATE_SPREAD * chance.standard_normal(count)), *_RATE_RANGE),
        weekend_habit=chance.uniform(-0.5, 0.6, count),
        songs=np.clip(12.0 * np.exp(0.55 * chance.standard_normal(count)), 4, 80),
        chattiness=chance.beta(2.2, 1.8, count),
        logs_out=chance.beta(0.6, 2.0, count),
        peak_hour=(12.5 + 3.5 * chance.standard_normal(count) - offset) % 24,
        genres=chance.integers(0, GENRES, (count, 2)),
        favourites=chance.integers(0, SONGS_A_GENRE, count),
        homes=homes,
        agents=np.column_stack([_usual_agent(chance, count), chance.integers(len(DESKTOP_AGENTS), len(AGENTS), count)]),
        mobile_share=chance.beta(0.4, 2.5, count),
        steadiness=chance.random(count),
        starts_paid=chance.random(count) < np.where(is_founder, 0.38, 0.08),
        is_woman=chance.random(count) < _WOMEN,
        first_name=chance.integers(0, min(len(WOMEN), len(MEN)), count),
        surname=chance.integers(0, len(SURNAMES), count),
    )


def _home(chance: np.random.Generator, count: int) -> Ints:
    """Positions of homes; the first places of every time zone are the larger ones."""
    weight = 1 / (4 + np.arange(len(PLACES)) % 20)
    return chance.choice(len(PLACES), count, p=weight / weight.sum())


def _usual_agent(chance: np.random.Generator, count: int) -> Ints:
    """Positions of usual user agents: a few are far more common than others, two of three are desktops."""
    desktop = (len(DESKTOP_AGENTS) * chance.random(count) ** 1.6).astype(np.int64)
    mobile = chance.integers(len(DESKTOP_AGENTS), len(AGENTS), count)
    return np.where(chance.random(count) < _USUALLY_DESKTOP, desktop, mobile)


def _registration(world: World, chance: np.random.Generator, joined: Ints) -> Ints:
    """The logged registration: the sign-up to the second, save where a wrong clock put it days later."""
    wrong = np.maximum(joined, world.first_ms) + (chance.exponential(4.0, len(joined)) * DAY).astype(np.int64) + HOUR
    return np.where(chance.random(len(joined)) < _WRONG_CLOCK, wrong, joined)
