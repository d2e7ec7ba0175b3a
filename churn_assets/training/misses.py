"""Error analysis: the forecasts that were furthest off, and what the model had gone by."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

import numpy as np
import pandas as pd

from churn_assets.training.calibration import SURELY, log_losses
from churn_assets.training.metrics import Forecast
from churn_assets.training.model import ChurnModel

WORST = 10
"""How many misses are listed of either kind: churners not seen coming, and stayers called leavers."""
REASONS = 3


@dataclass(frozen=True)
class Miss:
    """One forecast that was far off: who, when, what was said, what happened, and the strongest contributions."""

    user_id: str
    cutoff: date
    probability: float
    has_churned: bool
    log_loss: float
    reasons: tuple[tuple[str, float], ...]

    def to_json(self) -> dict[str, Any]:
        """Plain data that `from_json` reads back."""
        return vars(self) | {"cutoff": self.cutoff.isoformat(), "reasons": [list(pair) for pair in self.reasons]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The miss that `to_json` described."""
        reasons = tuple((name, value) for name, value in data["reasons"])
        return cls(**{**data, "cutoff": date.fromisoformat(data["cutoff"]), "reasons": reasons})


def worst_misses(model: ChurnModel, frame: pd.DataFrame, judged: Forecast) -> tuple[Miss, ...]:
    """The worst rows of either outcome by log-loss, the worst first; a listener appears once an outcome."""
    losses = log_losses(judged.target, np.clip(judged.probability, SURELY, 1.0 - SURELY))
    listed = frame.assign(_loss=losses, _hit=judged.target, _said=judged.probability)
    worst = listed.sort_values("_loss", ascending=False, kind="stable").drop_duplicates(["_hit", "user_id"])
    chosen = worst.groupby("_hit", sort=False).head(WORST)
    contributions = model.contributions(chosen)
    return tuple(
        Miss(str(user), moment.date(), float(said), bool(hit), float(loss), _strongest(contributions.iloc[row]))
        for row, (user, moment, said, hit, loss) in enumerate(
            zip(chosen["user_id"], chosen["cutoff"], chosen["_said"], chosen["_hit"], chosen["_loss"], strict=True)
        )
    )


def _strongest(contributions: "pd.Series[float]") -> tuple[tuple[str, float], ...]:
    order = contributions.abs().sort_values(ascending=False, kind="stable").index[:REASONS]
    return tuple((str(name), float(contributions[name])) for name in order)
