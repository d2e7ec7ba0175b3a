"""What the promotion rule looks at: log-loss on the same matured rows, paired with the challenger's."""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from churn_assets.registry.registry import ModelVersion
from churn_assets.training.arrays import Floats
from churn_assets.training.bootstrap import Resampling, paired_log_loss_difference
from churn_assets.training.calibration import log_losses
from churn_assets.training.examples import listener_codes
from churn_assets.training.model import ChurnModel

CHAMPION = "champion"
CHALLENGER = "challenger"
MOST_LEAKS = 5
"""As many leak findings are told: a run's tag in MLflow holds 8,000 characters."""


@dataclass(frozen=True)
class Rival:
    """Somebody whom the challenger must beat on the test rows.

    `better_by` is the rival's log-loss minus the challenger's (nats a row, positive: the challenger is better), `low`
    and `high` its 95 % interval from a paired bootstrap that resamples listeners.
    """

    name: str
    log_loss: float
    better_by: float
    low: float
    high: float

    @property
    def is_beaten(self) -> bool:
        """Whether the interval excludes 0 in the challenger's favour; a tie beats nobody."""
        return self.low > 0


@dataclass(frozen=True)
class Evidence:
    """All that the rule looks at; the challenger's and the champion's names are version numbers.

    `rows` test rows (`positives` of them churned) from `first_cutoff` to `last_cutoff` lie at or after both models'
    last label day; `rows_refused` do not, and were left out. `incomparable` says why the champion cannot be asked about
    these rows at all. `leaks` are findings of the leak alarm.
    """

    challenger: str
    rung: str
    log_loss: float
    rows: int
    positives: int
    rows_refused: int
    first_cutoff: date | None
    last_cutoff: date | None
    champion: str | None
    rivals: tuple[Rival, ...]
    leaks: tuple[str, ...] = ()
    incomparable: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain data for the history; what is not a number becomes null."""
        told = asdict(self) | {"leaks": self.leaks[:MOST_LEAKS]}
        data: dict[str, Any] = json.loads(json.dumps(told, default=str), parse_constant=lambda _: None)
        return data


@dataclass(frozen=True)
class Contender:
    """A registered model and its probability of each test row; None with the reason where it cannot be asked."""

    version: ModelVersion
    probability: Floats | None
    incomparable: str | None = None


def challenging(version: ModelVersion, model: ChurnModel, features: pd.DataFrame) -> Contender:
    """The challenger on the rows of `features`."""
    return Contender(version, model.predict(features))


def defending(version: ModelVersion, model: ChurnModel, features: pd.DataFrame, *, challenger: ChurnModel) -> Contender:
    """The champion on the same rows, unless it reads other features or predicts something else than the challenger."""
    if model.schema.fingerprint != challenger.schema.fingerprint:
        reason = f"version {version.number} reads features of another declaration and cannot score today's"
        return Contender(version, None, reason)
    if (model.target, model.horizon_days) != (challenger.target, challenger.horizon_days):
        reason = f"version {version.number} predicts {model.target} within {model.horizon_days} days, another target"
        return Contender(version, None, reason)
    return Contender(version, model.predict(features))


def weigh(
    rows: pd.DataFrame,
    challenger: Contender,
    *,
    champion: Contender | None,
    simple_rungs: Mapping[str, Floats],
    resampling: Resampling,
) -> Evidence:
    """Compare `challenger` with everybody it must beat, on the rows at or after the last label day of both models.

    `rows` are matured test rows: `user_id`, `cutoff`, `outcome` (whether the challenger's target happened).
    `simple_rungs` are probabilities of the same rows by rung name; they were trained on the challenger's cut-offs.
    """
    asked = {CHALLENGER: challenger} | _comparable(champion)
    others = {**simple_rungs, **{name: model.probability for name, model in asked.items()}}
    honest = _honest(rows.assign(**others), asked.values())[["user_id", "cutoff", "outcome", *others]]
    rivals = sorted(others.keys() - {CHALLENGER}) if len(honest) else []
    cutoffs = honest["cutoff"].dt.date
    return Evidence(
        challenger=challenger.version.number,
        rung=challenger.version.rung,
        log_loss=_log_loss(honest, CHALLENGER),
        rows=len(honest),
        positives=int(honest["outcome"].sum()),
        rows_refused=len(rows) - len(honest),
        first_cutoff=min(cutoffs, default=None),
        last_cutoff=max(cutoffs, default=None),
        champion=champion.version.number if champion else None,
        rivals=tuple(_rival(honest, name, resampling) for name in rivals),
        incomparable=champion.incomparable if champion else None,
    )


def _comparable(champion: Contender | None) -> dict[str, Contender]:
    """The champion under its name, if there is one that can be asked about the rows."""
    return {} if champion is None or champion.probability is None else {CHAMPION: champion}


def _honest(rows: pd.DataFrame, asked: Iterable[Contender]) -> pd.DataFrame:
    """The rows at or after the last label day of every model asked: no other can be held against all of them."""
    return rows[rows["cutoff"] >= pd.Timestamp(max(model.version.last_label_day for model in asked))]


def _rival(honest: pd.DataFrame, name: str, resampling: Resampling) -> Rival:
    gap = paired_log_loss_difference(
        honest["outcome"].to_numpy(dtype=bool),
        honest[name].to_numpy(dtype=np.float64),
        honest[CHALLENGER].to_numpy(dtype=np.float64),
        listener_of=listener_codes(honest),
        resampling=resampling,
    )
    better_by, low, high = (math.nan if bound is None else bound for bound in (gap.value, gap.low, gap.high))
    return Rival(name, _log_loss(honest, name), better_by, low, high)


def _log_loss(honest: pd.DataFrame, name: str) -> float:
    """Mean log-loss of one column of probabilities; NaN without rows."""
    if honest.empty:
        return math.nan
    return float(np.mean(log_losses(honest["outcome"].to_numpy(dtype=bool), honest[name].to_numpy(dtype=np.float64))))
