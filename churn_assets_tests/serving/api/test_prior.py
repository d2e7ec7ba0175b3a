"""What is said of those who are hardly known."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_assets.serving.prior import KNOWN_SESSIONS, NEVER_HEARD, PRIOR_ROWS, Prior, blended, knowledge, segments
from churn_assets.training.arrays import Columns

PROBABILITY = st.floats(1e-6, 1 - 1e-6)


def rows(*recency_days: float, level: str | None = "free", sessions: float = 1.0) -> Columns:
    size = len(recency_days)
    return Columns(
        {
            "recency_days": np.array(recency_days),
            "current_level": np.array([level] * size, dtype=object),
            "total_sessions": np.full(size, sessions),
        },
        size,
    )


def test_segments_are_days_of_silence_and_the_level() -> None:
    assert segments(rows(0.5, 1.0, 6.9, 30.0)) == [(0, "free"), (1, "free"), (3, "free"), (7, "free")]
    assert segments(rows(80.0, level=None)) == [NEVER_HEARD]


def test_the_prior_of_a_segment_is_its_mean_drawn_towards_the_mean_of_all() -> None:
    probability = np.array([0.9] * 150 + [0.1] * 50)

    prior = Prior.of_probabilities(probability, [(7, "free")] * 150 + [(0, "free")] * 50)

    assert prior.overall == pytest.approx(0.7)
    assert prior.of_segment((7, "free")) == pytest.approx((150 * 0.9 + PRIOR_ROWS * 0.7) / (150 + PRIOR_ROWS))
    assert prior.of_segment((0, "free")) == pytest.approx((50 * 0.1 + PRIOR_ROWS * 0.7) / 100)


def test_a_segment_that_was_never_seen_has_that_of_its_silence_then_that_of_all() -> None:
    prior = Prior.of_probabilities(np.array([0.8, 0.2]), [(7, "paid"), (0, "paid")])

    assert prior.of_segment(NEVER_HEARD) == prior.silences[7]
    assert prior.of_segment((3, "free")) == prior.overall == pytest.approx(0.5)


def test_a_reference_frame_gives_the_same_as_arrays() -> None:
    frame = pd.DataFrame({"recency_days": [3.0, 40.0], "current_level": ["free", None]})

    assert segments(frame) == [(2, "free"), (7, "(none)")]


@pytest.mark.parametrize(("sessions", "expected"), [(1, 0.2), (4, 0.8), (KNOWN_SESSIONS, 1.0), (70, 1.0)])
def test_knowledge_grows_with_the_sessions(sessions: float, expected: float) -> None:
    assert knowledge(rows(1.0, sessions=sessions)).tolist() == [pytest.approx(expected)]


@given(PROBABILITY, PROBABILITY, st.floats(0, 1))
def test_the_blend_lies_between_prior_and_model_and_is_the_model_where_all_is_known(
    own: float, prior: float, known: float
) -> None:
    def mixed(share: float) -> float:
        return float(blended(np.array([own]), np.array([prior]), np.array([share]))[0])

    assert min(own, prior) - 1e-12 <= mixed(known) <= max(own, prior) + 1e-12
    assert mixed(1.0) == own
    assert mixed(0.0) == pytest.approx(prior)
