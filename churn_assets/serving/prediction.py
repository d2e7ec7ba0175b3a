"""What a request leaves behind: its predictions and its answer, stored together or not at all."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Prediction:
    """One prediction for one listener, with everything that is needed to make it again.

    Times are epoch milliseconds, UTC: `as_of` is the cut-off in data time, `inference_timestamp` wall time. `logs` are
    the listener's raw events as they were received, a JSON array in UTF-8. `features` holds every declared feature
    (None is null). `knowledge` is the share of the model's own word in the probability, from 0 (nothing is known of the
    listener, the probability is the prior of their segment) to 1.
    """

    request_id: str
    user_id: str
    as_of: int
    inference_timestamp: int
    churn_probability: float
    churn_pred: bool
    risk_band: str
    model_version: str
    fingerprint: str
    at_risk: bool
    is_cold_start: bool
    knowledge: float
    events: int
    logs: bytes
    features: Mapping[str, float | str | None]


@dataclass(frozen=True)
class Answered:
    """A request that was answered: its id, SHA-256 of its body, the body of the answer, and its predictions."""

    request_id: str
    digest: str
    answer: bytes
    predictions: tuple[Prediction, ...]
