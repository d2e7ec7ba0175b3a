"""What a simulated world is: its size, its time, its defects and how it changes half-way."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from churn_assets.cutoffs import epoch_ms
from churn_assets.errors import SettingsError


@dataclass(frozen=True)
class Change:
    """A change of the world from `day` on; strengths run from 0 (nothing changes) to 1.

    `covariate` moves listening to phones, to other regions and to shorter sessions; who leaves stays the same.
    `concept` changes what makes listeners leave: a price rise drives payers away, however satisfied they are.
    """

    day: date
    covariate: float = 0.0
    concept: float = 0.0

    def __post_init__(self) -> None:
        for name in ("covariate", "concept"):
            _refuse_unless_share(f"Change.{name}", getattr(self, name))


@dataclass(frozen=True)
class Today:
    """A day of a world: number from 0 on, midnight (epoch ms), weekday (0 is Monday), and how far it has shifted."""

    number: int
    midnight: int
    weekday: int
    covariate: float
    concept: float


@dataclass(frozen=True)
class World:
    """A service of `listeners` on `first_day` (others sign up as days go by), observed for `days` UTC days.

    Shares are of the log's rows: `late_share` lands one to three files late, `duplicate_share` is written twice,
    `broken_share` is followed by a line that nobody can use. SettingsError if a value makes no sense.
    """

    first_day: date
    seed: int = 7
    listeners: int = 2_000
    days: int = 150
    late_share: float = 0.002
    duplicate_share: float = 0.001
    broken_share: float = 0.00005
    has_visitors: bool = True
    changes: tuple[Change, ...] = ()

    def __post_init__(self) -> None:
        for name in ("listeners", "days"):
            if getattr(self, name) < 1:
                raise SettingsError(f"World.{name} is {getattr(self, name)}: give at least 1.")
        if self.seed < 0:
            raise SettingsError(f"World.seed is {self.seed}: give a whole number from 0 on.")
        for name in ("late_share", "duplicate_share", "broken_share"):
            _refuse_unless_share(f"World.{name}", getattr(self, name))

    @property
    def first_ms(self) -> int:
        """00:00 UTC of the first day, in epoch milliseconds."""
        return epoch_ms(self.first_day)

    def today(self, number: int) -> Today:
        """The UTC day that lies `number` days after the first; of the changes that have come, the strongest hold."""
        day = self.first_day + timedelta(days=number)
        come = [change for change in self.changes if change.day <= day]
        return Today(
            number=number,
            midnight=epoch_ms(day),
            weekday=day.weekday(),
            covariate=max((change.covariate for change in come), default=0.0),
            concept=max((change.concept for change in come), default=0.0),
        )

    def chance(self, *stream: int) -> np.random.Generator:
        """A generator of its own for every `stream`, so that no draw depends on how long the world is."""
        return np.random.default_rng((self.seed, *stream))


def _refuse_unless_share(name: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise SettingsError(f"{name} is {value}: give a share from 0 to 1.")
