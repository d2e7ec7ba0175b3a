"""What was said of a listener, by a batch score or by an answer of the API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal

from churn_assets.contracts.contract import Contract
from churn_assets.errors import LineageError
from churn_assets.features.tables import USER_FEATURES
from churn_assets.lake.frames import read_frame
from churn_assets.lake.lake import Lake
from churn_assets.scoring.tables import CHURN_SCORES

if TYPE_CHECKING:
    from churn_assets.serving.prediction import Prediction

SHOWN = 5


@dataclass(frozen=True)
class Said:
    """A prediction: who, as of when, how likely, by which model version.

    `cutoff` is data time and `inference_timestamp` wall time, both naive UTC. `reasons` are those of a score;
    `request_id` is that of an answer. `knowledge` is the share of the model's own word in the probability.
    """

    origin: Literal["score", "answer"]
    user_id: str
    cutoff: datetime
    churn_probability: float
    churn_pred: bool
    risk_band: str
    at_risk: bool
    model_version: str
    inference_timestamp: datetime
    reasons: tuple[str, ...] = ()
    request_id: str | None = None
    knowledge: float = 1.0


def scored(lake: Lake, user: str, cutoff: date | None) -> Said:
    """The batch score of a listener at a cut-off (None: the newest that has one).

    LineageError if there is none; it says which cut-offs have one.
    """
    keys = lake.keys(CHURN_SCORES)
    for key in reversed(keys) if cutoff is None else [cutoff.isoformat()]:
        for row in read_frame(lake.find(CHURN_SCORES, [key]), user_id=user).to_dict("records"):
            return _of_score(row)
    raise LineageError(_why_not_scored(lake, user, cutoff))


def _of_score(row: Mapping[Any, Any]) -> Said:
    return Said(
        origin="score",
        user_id=row["user_id"],
        cutoff=row["cutoff"].to_pydatetime(),
        churn_probability=float(row["churn_probability"]),
        churn_pred=bool(row["churn_pred"]),
        risk_band=row["risk_band"],
        at_risk=bool(row["at_risk"]),
        model_version=row["model_version"],
        inference_timestamp=row["inference_timestamp"].to_pydatetime(),
        reasons=tuple(row["reasons"]),
    )


def _why_not_scored(lake: Lake, user: str, cutoff: date | None) -> str:
    keys = lake.keys(CHURN_SCORES)
    if not keys:
        return "Nothing has been scored yet: run `churn-assets run`, or trace an answer of the API by its request id."
    known = [key for key in keys if _has_rows(lake, CHURN_SCORES, key, user=user)]
    more = "… " if len(known) > SHOWN else ""
    scored_at = f"Cut-offs with a score of this listener: {more}{', '.join(known[-SHOWN:]) or 'none'}."
    if cutoff is None:
        return f"Listener {user!r} has no score at any cut-off. {scored_at}"
    if cutoff.isoformat() not in keys:
        there = f"there are {len(keys)} cut-offs, {keys[0]} to {keys[-1]}"
        return f"Nobody has a score at cut-off {cutoff}; {there}. {scored_at}"
    is_seen = _has_rows(lake, USER_FEATURES, cutoff.isoformat(), user=user)
    why = "was seen in its lookback, but was not at risk, so was not scored" if is_seen else "has no score"
    return f"Listener {user!r} {why} at cut-off {cutoff}. {scored_at}"


def _has_rows(lake: Lake, contract: Contract, key: str, *, user: str) -> bool:
    return len(read_frame(lake.find(contract, [key]), ["user_id"], user_id=user)) > 0


def answered(predictions: "Sequence[Prediction]", request_id: str, user: str | None) -> "Prediction":
    """The one prediction of a request that is meant; LineageError if there is none, or several and none is named."""
    if not predictions:
        message = (
            f"The prediction store knows no request {request_id!r}: ids stand in the API's answers (`request_id`) and "
            "in `prediction_log`. CHURN_STORE_URL says which store is looked at."
        )
        raise LineageError(message)
    found = [one for one in predictions if user in (None, one.user_id)]
    if len(found) == 1:
        return found[0]
    users = [one.user_id for one in predictions]
    shown = ", ".join(users[:SHOWN]) + (" …" if len(users) > SHOWN else "")
    what = "several listeners" if user is None else f"others than {user!r}"
    raise LineageError(f"Request {request_id!r} was about {what} ({shown}): name one of them as the user.")


def of_answer(prediction: "Prediction") -> Said:
    """What an answer of the API said."""
    return Said(
        origin="answer",
        user_id=prediction.user_id,
        cutoff=_moment(prediction.as_of),
        churn_probability=prediction.churn_probability,
        churn_pred=prediction.churn_pred,
        risk_band=prediction.risk_band,
        at_risk=prediction.at_risk,
        model_version=prediction.model_version,
        inference_timestamp=_moment(prediction.inference_timestamp),
        request_id=prediction.request_id,
        knowledge=prediction.knowledge,
    )


def _moment(ts: int) -> datetime:
    """Epoch milliseconds as a naive UTC datetime."""
    import pandas as pd

    return pd.Timestamp(ts, unit="ms").to_pydatetime()
