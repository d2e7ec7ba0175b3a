"""What is said of a listener who is hardly known: what comparable listeners do, blended with the model's own word.

The prior of a segment (days of silence and subscription level, which one event tells) is the mean of the champion's
calibrated probability over its reference rows of that segment, drawn towards the mean over all rows as if `PRIOR_ROWS`
more rows had that (shrinkage of fixed strength). The blend is linear in log-odds. Decision 23 has the figures.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, TypeVar

import numpy as np

from churn_assets.training.arrays import NO_TEXT, Floats, Rows, expit, logit, numbers, texts
from churn_assets.training.calibration import SURELY

if TYPE_CHECKING:
    import pandas as pd

    from churn_assets.training.model import ChurnModel

SILENCE, LEVEL, EVIDENCE = "recency_days", "current_level", "total_sessions"
SILENCES = (1.0, 2.0, 4.0, 7.0, 11.0, 16.0, 22.0)
"""Days of silence at which the next segment begins."""
PRIOR_ROWS = 50.0
KNOWN_SESSIONS = 5.0
"""With so many sessions in the lookback a listener is known: their probability is the model's, to the last bit."""

Group = TypeVar("Group", bound=Hashable)
Segment = tuple[int, str]
NEVER_HEARD: Segment = (len(SILENCES), NO_TEXT)
"""Segment of a listener without an event in the lookback: the longest silence, the level unknown."""


@dataclass(frozen=True)
class Prior:
    """Mean probabilities of the reference: of all rows, of each silence, and of each segment."""

    overall: float
    silences: Mapping[int, float]
    segments: Mapping[Segment, float]

    @classmethod
    def of_reference(cls, reference: "pd.DataFrame", model: "ChurnModel") -> Self:
        """The prior of a model from the rows it was trained on."""
        return cls.of_probabilities(model.predict(reference), segments(reference))

    @classmethod
    def of_probabilities(cls, probability: Floats, rows: list[Segment]) -> Self:
        """The prior of rows whose probabilities and segments are given."""
        overall = float(probability.mean()) if len(rows) else float(expit(np.zeros(1))[0])
        silences = _shrunk_means(probability, [silence for silence, _ in rows], overall)
        return cls(overall, silences, _shrunk_means(probability, rows, overall))

    def of(self, rows: Rows) -> Floats:
        """The prior of each row."""
        return np.array([self.of_segment(segment) for segment in segments(rows)], dtype=np.float64)

    def of_segment(self, segment: Segment) -> float:
        """The prior of a segment; of its silence alone, then of all rows, where the reference has no such listener."""
        return self.segments.get(segment, self.silences.get(segment[0], self.overall))


def _shrunk_means(probability: Floats, groups: Sequence[Group], overall: float) -> dict[Group, float]:
    """The mean of each group, as if `PRIOR_ROWS` more of its rows had the mean of all."""
    members: dict[Group, list[int]] = {}
    for position, group in enumerate(groups):
        members.setdefault(group, []).append(position)
    return {
        group: float((probability[rows].sum() + PRIOR_ROWS * overall) / (len(rows) + PRIOR_ROWS))
        for group, rows in members.items()
    }


def segments(rows: Rows) -> list[Segment]:
    """The segment of each row."""
    silence = np.digitize(numbers(rows[SILENCE]), SILENCES)
    return list(zip(silence.tolist(), texts(rows[LEVEL]).tolist(), strict=True))


def knowledge(rows: Rows) -> Floats:
    """How much is known of each listener, from 0 (nothing) to 1 (`KNOWN_SESSIONS` sessions or more)."""
    return np.minimum(numbers(rows[EVIDENCE]) / KNOWN_SESSIONS, 1.0)


def blended(own: Floats, prior: Floats, known: Floats) -> Floats:
    """The model's probability and the prior, weighted by knowledge in log-odds; where all is known, the model's own."""
    mixed = expit(known * logit(own) + (1.0 - known) * logit(np.clip(prior, SURELY, 1.0 - SURELY)))
    return np.where(known >= 1.0, own, mixed)
