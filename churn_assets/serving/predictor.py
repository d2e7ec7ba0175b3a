"""From what is asked to predictions: features at each listener's cut-off, the champion's word, the prior, reasons."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from churn_assets.features.batch import Horizon
from churn_assets.features.daily import CANCELLED
from churn_assets.features.request import Listeners, request_features
from churn_assets.labels.labels import is_at_risk
from churn_assets.scoring.bands import RiskBands
from churn_assets.serving.champion import Champion
from churn_assets.serving.cutoff import cutoffs
from churn_assets.serving.last_event import Last
from churn_assets.serving.prediction import Prediction
from churn_assets.serving.prior import EVIDENCE, NEVER_HEARD, blended, knowledge
from churn_assets.serving.request import Asked
from churn_assets.training.arrays import Columns

PERCENT = 100


@dataclass(frozen=True)
class Policy:
    """What the settings say about predictions."""

    horizon: Horizon
    at_risk_days: int
    bands: RiskBands


@dataclass(frozen=True)
class Moment:
    """When a request is answered: the data clock (None: nothing has landed) and wall time, epoch milliseconds."""

    clock: int | None
    now: int


@dataclass(frozen=True)
class Explained:
    """A prediction, and its reasons if they were asked for."""

    prediction: Prediction
    reasons: list[str] | None


@dataclass(frozen=True)
class _Listener:
    """What was found out about one listener."""

    probability: float
    knowledge: float
    at_risk: bool
    features: Mapping[str, float | str | None]
    reasons: list[str] | None


def predict(asked: Asked, request_id: str, *, champion: Champion, policy: Policy, moment: Moment) -> list[Explained]:
    """A prediction for every listener of the request, in order of their first event.

    One evaluation for all of them; none influences another's.
    """
    events = asked.events
    at = cutoffs(events, as_of=asked.as_of, clock=moment.clock)
    seen = _Seen(Listeners.of(events.columns, at, policy.horizon), champion, policy, is_explained=asked.is_explained)
    found = dict(zip(seen.listeners.user_ids, seen.found(), strict=True))
    explained = []
    for user_id, rows in events.of_listener.items():
        one = found.get(user_id) or seen.never_heard
        prediction = Prediction(
            request_id=request_id,
            user_id=user_id,
            as_of=at[user_id],
            inference_timestamp=moment.now,
            churn_probability=one.probability,
            churn_pred=one.probability >= champion.model.threshold,
            risk_band=policy.bands.of_one(one.probability),
            model_version=champion.version,
            fingerprint=champion.model.schema.fingerprint,
            at_risk=one.at_risk,
            is_cold_start=one.knowledge < 1,
            knowledge=one.knowledge,
            events=len(rows),
            logs=events.logs_of(user_id),
            features=one.features,
        )
        explained.append(Explained(prediction, one.reasons))
    return explained


@dataclass(frozen=True)
class _Seen:
    """The listeners with an event in the lookback, evaluated together."""

    listeners: Listeners
    champion: Champion
    policy: Policy
    is_explained: bool

    @cached_property
    def rows(self) -> Columns:
        """Every declared feature."""
        return Columns(request_features(self.listeners, self.policy.horizon), len(self.listeners.user_ids))

    def found(self) -> Iterator[_Listener]:
        """What is found out about each listener, in the order of `listeners`."""
        known = knowledge(self.rows)
        probability = blended(self.champion.model.predict(self.rows), self.champion.prior.of(self.rows), known)
        last = Last.of(self.listeners)
        at_risk = is_at_risk(last.age_days, last.page == CANCELLED, at_risk_days=self.policy.at_risk_days)
        columns = (probability.tolist(), known.tolist(), np.asarray(at_risk, dtype=bool).tolist())
        for one in zip(*columns, self.features(), self.reasons(known.tolist()), strict=True):
            yield _Listener(*one)

    def features(self) -> Iterator[dict[str, float | str | None]]:
        """Every feature of each listener; null is None."""
        names, columns = self.rows.arrays.keys(), (_plain(column) for column in self.rows.arrays.values())
        return (dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True))

    def reasons(self, known: Sequence[float]) -> Sequence[list[str] | None]:
        """Why, in words, the share of the prior first; None if nobody asked."""
        if not self.is_explained or not known:
            return [None] * len(known)
        import pandas as pd

        frame = pd.DataFrame(dict(self.rows.arrays))
        told = self.champion.wording.reasons(frame, self.champion.model.contributions(frame))
        sessions = self.rows[EVIDENCE].tolist()
        return [_cold_start(*one) + reasons for *one, reasons in zip(known, sessions, told, strict=True)]

    @property
    def never_heard(self) -> _Listener:
        """A listener without an event in the lookback: what the most silent listeners do."""
        days = self.policy.horizon.lookback_days
        reason = f"No event in the {days} days before the cut-off: the probability is that of the most silent listeners"
        return _Listener(
            probability=self.champion.prior.of_segment(NEVER_HEARD),
            knowledge=0.0,
            at_risk=False,
            features=dict.fromkeys(self.champion.model.schema.names),
            reasons=[reason] if self.is_explained else None,
        )


def _plain(column: Any) -> list[Any]:
    values = column.tolist()
    return values if column.dtype == object else [None if value != value else value for value in values]  # noqa: PLR0124 NaN


def _cold_start(known: float, sessions: float) -> list[str]:
    if known >= 1:
        return []
    count = f"{sessions:.0f} session{'' if sessions == 1 else 's'}"
    share = f"{PERCENT * (1 - known):.0f} %"
    return [f"Only {count} known: {share} of the weight is what equally silent listeners of the same level do"]
