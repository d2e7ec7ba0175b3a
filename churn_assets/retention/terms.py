"""What a call is worth, what it costs, and how many there can be."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from churn_assets.errors import RetentionError
from churn_assets.retention.arms import Draw
from churn_assets.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

Value = float | Mapping[str, float]
"""What a kept listener is worth, in money: one number, or one for each subscription level."""
SLACK = 1e-9
"""Share of a call by which a budget may fall short through rounding: 0.3 is three calls of 0.1."""


@dataclass(frozen=True)
class Terms:
    """The terms of a list; all money in one currency, whichever it is.

    `budget` is the money for the calls of one list (None: no limit), `cost` the money for one call, `value` what a kept
    listener is worth, `save_rate` the share of listeners about to leave that a call keeps, `hold_out` the share of the
    list that is left alone. A listener who was listed is not listed again for `rest_days` days.
    RetentionError if they make no sense.
    """

    budget: float | None
    value: Value
    save_rate: float
    cost: float
    hold_out: float = 0.1
    campaign: str = "default"
    seed: int = 7
    rest_days: int = 0

    def __post_init__(self) -> None:
        wrong = next(self._wrong(), None)
        if wrong is not None:
            raise RetentionError(wrong)

    def _wrong(self) -> Iterator[str]:
        """What makes no sense, in words."""
        for name, number in self._amounts():
            if not 0 <= number < math.inf:
                yield f"{name} is {number}: it must be a number from 0 on."
        for name, share in (("save_rate", self.save_rate), ("hold_out", self.hold_out)):
            if share > 1:
                yield f"{name} is {share}: it is a share, from 0 to 1."
        if self.hold_out == 1:
            yield "hold_out is 1, so that nobody would be called: take a smaller share, such as 0.1."
        if self.value == {}:
            yield "value names no subscription level: give one number, or one for each level."

    def _amounts(self) -> list[tuple[str, float]]:
        values = self.value if isinstance(self.value, Mapping) else {"": self.value}
        named = [(f"value of {level}" if level else "value", value) for level, value in values.items()]
        others = {name: getattr(self, name) for name in ("budget", "save_rate", "cost", "hold_out", "rest_days")}
        return [*named, *((name, number) for name, number in others.items() if number is not None)]

    @classmethod
    def of(cls, settings: Settings, **changes: Any) -> Self:
        """The terms of the settings, but for `changes` by name (those that are None are left out)."""
        told = {
            "budget": settings.retention_budget if math.isfinite(settings.retention_budget) else None,
            "value": settings.retention_value,
            "save_rate": settings.retention_save_rate,
            "cost": settings.retention_cost,
            "hold_out": settings.retention_hold_out,
            "campaign": settings.retention_campaign,
            "rest_days": settings.retention_rest_days,
            "seed": settings.seed,
        }
        return cls(**(told | {name: value for name, value in changes.items() if value is not None}))

    @property
    def calls(self) -> int | None:
        """How many calls the budget pays for; None without a limit."""
        if self.budget is None or self.cost == 0:
            return None
        return math.floor(self.budget / self.cost + SLACK)

    @property
    def draw(self) -> Draw:
        """Who is held out."""
        return Draw(self.campaign, self.seed, self.hold_out)

    def value_of(self, level: object) -> float:
        """What a kept listener of a level is worth; a level that is not known, or not named, the least of all."""
        if not isinstance(self.value, Mapping):
            return float(self.value)
        return float(self.value.get(str(level), self._least))

    @cached_property
    def _least(self) -> float:
        assert isinstance(self.value, Mapping)
        return min(self.value.values())

    def made(self, listed: "pd.DataFrame") -> bool:
        """Whether a list was made on these terms, as far as its rows tell, which is all but the budget."""
        if listed.empty:
            return False
        told = {"save_rate": self.save_rate, "cost": self.cost, "hold_out": self.hold_out, "campaign": self.campaign}
        is_same = all((listed[name] == value).all() for name, value in told.items())
        return is_same and bool((listed["level"].map(self.value_of) == listed["value"]).all())

    def break_even(self, level: object = None) -> float | None:
        """The probability of leaving from which a call of a listener of this level pays; None if none ever does."""
        kept = self.save_rate * self.value_of(level)
        return None if kept <= self.cost else self.cost / kept
