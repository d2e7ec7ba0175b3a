"""The JSON of the answers: one declaration for the bytes and for the API's documentation."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from churn_assets.cutoffs import SECOND
from churn_assets.registry.tracking import MODEL
from churn_assets.serving.champion import Champion
from churn_assets.serving.predictor import Explained

LOG_NAMES = {"user_id": "userId"}
"""The API keeps the log's own name."""
Probability = Annotated[float, Meta(ge=0, le=1)]


class PredictionAnswer(Struct, frozen=True, rename=LOG_NAMES):
    """The prediction for one listener."""

    user_id: Annotated[str, Meta(description="The listener, as in the log.")]
    churn_probability: Annotated[
        Probability, Meta(description="Calibrated probability that the listener leaves within the horizon.")
    ]
    churn_pred: Annotated[bool, Meta(description="Whether the probability reaches the model's threshold.")]
    risk_band: Annotated[str, Meta(description="`low`, `medium` or `high`.")]
    model_version: Annotated[str, Meta(description="Version of the registered model that answered.")]
    inference_timestamp: Annotated[str, Meta(description="When the answer was made, wall clock, UTC.")]
    as_of: Annotated[str, Meta(description="The cut-off, data time, UTC: only earlier events were looked at.")]
    at_risk: Annotated[
        bool,
        Meta(description="Whether the listener can still be saved: a recent event before the cut-off, not cancelled."),
    ]
    is_cold_start: Annotated[bool, Meta(description="Whether so little is known that a prior was blended in.")]
    knowledge: Annotated[Probability, Meta(description="Share of the model's own word in the probability (log-odds).")]
    request_id: Annotated[str, Meta(description="Id of the request; the same id again gives the same answer.")]
    reasons: Annotated[
        list[str] | UnsetType, Meta(description="Why, in words, the strongest first; with `explain=true` only.")
    ] = UNSET


class BatchAnswer(Struct, frozen=True):
    """The predictions for several listeners, in order of their first event."""

    request_id: str
    predictions: list[PredictionAnswer]


class ScoreAnswer(Struct, frozen=True, rename=LOG_NAMES):
    """The newest batch score of a listener, as `churn_scores` has it."""

    user_id: Annotated[str, Meta(description="The listener, as in the log.")]
    cutoff: Annotated[str, Meta(description="The cut-off of the score, data time, UTC.")]
    churn_probability: Probability
    churn_pred: bool
    risk_band: str
    model_version: str
    inference_timestamp: Annotated[str, Meta(description="When the score was made, wall clock, UTC.")]
    as_of: Annotated[str, Meta(description="The data clock when the score was made, UTC.")]
    at_risk: bool
    reasons: list[str]


class ModelAnswer(Struct, frozen=True):
    """The champion: what it is, how it was judged, and its card."""

    name: str
    version: str
    rung: str
    fingerprint: Annotated[str, Meta(description="Declaration of the features it was trained on.")]
    registered_at: str
    last_label_day: Annotated[str, Meta(description="End of the newest label window that it saw.")]
    threshold: Annotated[float, Meta(description="Probability from which `churn_pred` is true.")]
    features: Annotated[list[str], Meta(description="The features that the estimator reads.")]
    evaluation: Annotated[dict[str, Any], Meta(description="Metrics with intervals, on rows it never saw.")]
    card: Annotated[str, Meta(description="Model card, Markdown.")]


class HealthAnswer(Struct, frozen=True, omit_defaults=True):
    """Whether the service lives, and whether it can answer."""

    status: Annotated[str, Meta(description="`ok`, `degraded` (it answers, see `trouble`) or `unavailable`.")]
    model_version: str | None = None
    data_clock: str | None = None
    trouble: str | None = None


def single(explained: Explained) -> bytes:
    """The body of the answer for one listener."""
    return msgspec.json.encode(_answer(explained))


def batch(request_id: str, explained: Sequence[Explained]) -> bytes:
    """The body of the answer for several listeners."""
    return msgspec.json.encode(BatchAnswer(request_id, [_answer(one) for one in explained]))


def _answer(explained: Explained) -> PredictionAnswer:
    made = explained.prediction
    return PredictionAnswer(
        user_id=made.user_id,
        churn_probability=made.churn_probability,
        churn_pred=made.churn_pred,
        risk_band=made.risk_band,
        model_version=made.model_version,
        inference_timestamp=iso(made.inference_timestamp),
        as_of=iso(made.as_of),
        at_risk=made.at_risk,
        is_cold_start=made.is_cold_start,
        knowledge=made.knowledge,
        request_id=made.request_id,
        reasons=UNSET if explained.reasons is None else explained.reasons,
    )


def model(champion: Champion) -> bytes:
    """The body that describes the champion."""
    version, made = champion.loaded.version, champion.model
    return msgspec.json.encode(
        ModelAnswer(
            name=MODEL,
            version=version.number,
            rung=version.rung,
            fingerprint=version.fingerprint,
            registered_at=version.created_at.isoformat(timespec="seconds"),
            last_label_day=version.last_label_day.isoformat(),
            threshold=made.threshold,
            features=list(made.selected),
            evaluation=dict(champion.loaded.artifact.evaluation),
            card=champion.loaded.artifact.card,
        )
    )


def iso(ms: int) -> str:
    """Epoch milliseconds as ISO 8601 text, UTC."""
    at = datetime.fromtimestamp(ms / SECOND, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
