"""Error analysis: the forecasts that were furthest off, and what the model had gone by."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple, Self

import numpy as np
import pandas as pd

from churn_assets.training.calibration import SURELY, log_losses
from churn_assets.training.metrics import Forecast
from churn_assets.training.model import ChurnModel

WORST = 10
"""How many misses are listed of either kind: churners not seen coming, and stayers called leavers."""
REASONS = 3


class Reason(NamedTuple):
    """What weighed in a forecast: the feature, its contribution in log-odds, and its value (None is null)."""

    feature: str
    contribution: float
    value: float | str | None = None


@dataclass(frozen=True)
class Miss:
    """One forecast that was far off: when, what was said, what happened, and the strongest contributions.

    It does not say of whom: evaluations are kept for as long as their model, and listeners may ask to be forgotten.
    """

    cutoff: date
    probability: float
    has_churned: bool
    log_loss: float
    reasons: tuple[Reason, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain data that `from_json` reads back."""
        return vars(self) | {"cutoff": self.cutoff.isoformat(), "reasons": [list(reason) for reason in self.reasons]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The miss that `to_json` described; a name or id that an older evaluation holds is left out."""
        return cls(
            cutoff=date.fromisoformat(data["cutoff"]),
            probability=data["probability"],
            has_churned=data["has_churned"],
            log_loss=data["log_loss"],
            reasons=tuple(Reason(*reason) for reason in data["reasons"]),
        )


def worst_misses(model: ChurnModel, frame: pd.DataFrame, judged: Forecast) -> tuple[Miss, ...]:
    """The worst rows of either outcome by log-loss, the worst first; a listener appears once an outcome."""
    losses = log_losses(judged.target, np.clip(judged.probability, SURELY, 1.0 - SURELY))
    listed = frame.assign(_loss=losses, _hit=judged.target, _said=judged.probability)
    worst = listed.sort_values("_loss", ascending=False, kind="stable").drop_duplicates(["_hit", "user_id"])
    chosen = worst.groupby("_hit", sort=False).head(WORST)
    contributions = model.contributions(chosen)
    return tuple(
        Miss(moment.date(), float(said), bool(hit), float(loss), _strongest(contributions.iloc[row], chosen.iloc[row]))
        for row, (moment, said, hit, loss) in enumerate(
            zip(chosen["cutoff"], chosen["_said"], chosen["_hit"], chosen["_loss"], strict=True)
        )
    )


def _strongest(contributions: "pd.Series[float]", features: "pd.Series[Any]") -> tuple[Reason, ...]:
    order = contributions.abs().sort_values(ascending=False, kind="stable").index[:REASONS]
    return tuple(Reason(str(name), float(contributions[name]), _plain(features[name])) for name in order)


def _plain(value: Any) -> float | str | None:
    if pd.isna(value):
        return None
    return value if isinstance(value, str) else float(value)
