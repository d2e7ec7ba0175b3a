from datetime import date

import pandas as pd
import pytest

from churn_assets.errors import TrainingError
from churn_assets.training.examples import Examples, outcome

FIRST, SECOND = date(2026, 2, 2), date(2026, 2, 9)


def rows() -> pd.DataFrame:
    """Two listeners at two cut-offs, out of order; `b` is not at risk at the second."""
    return pd.DataFrame(
        {
            "user_id": ["b", "a", "b", "a"],
            "cutoff": pd.to_datetime([SECOND, SECOND, FIRST, FIRST]),
            "at_risk": [False, True, True, True],
            "churned": [True, False, False, False],
            "cancelled": [False, True, False, False],
        }
    )


def test_the_default_population_is_who_is_at_risk() -> None:
    examples = Examples.of(rows(), [FIRST, SECOND], target="churned")
    assert examples.frame[["user_id"]].to_numpy().ravel().tolist() == ["a", "b", "a"]
    assert examples.target.tolist() == [False, False, False]


def test_everybody_seen_is_available_for_comparison() -> None:
    examples = Examples.of(rows(), [SECOND], target="churned", population="seen")
    assert examples.target.tolist() == [False, True]


def test_only_the_cutoffs_that_were_asked_for_are_taken() -> None:
    examples = Examples.of(rows(), [FIRST], target="churned")
    assert examples.cutoffs == (FIRST,)
    assert examples.listener_of.tolist() == [0, 1]


def test_the_order_of_the_rows_does_not_matter() -> None:
    shuffled = Examples.of(rows().iloc[[2, 0, 3, 1]], [FIRST, SECOND], target="churned")
    pd.testing.assert_frame_equal(shuffled.frame, Examples.of(rows(), [FIRST, SECOND], target="churned").frame)


def test_whoever_cancels_counts_only_where_that_was_asked_for() -> None:
    assert outcome(rows(), "churned").tolist() == [True, False, False, False]
    assert outcome(rows(), "churned_or_cancelled").tolist() == [True, True, False, False]


def test_no_rows_is_an_error_that_names_the_cutoffs() -> None:
    with pytest.raises(TrainingError, match="No at_risk listener at the cut-offs 2026-03-02: materialise"):
        Examples.of(rows(), [date(2026, 3, 2)], target="churned")


def test_no_cutoffs_is_an_error_too() -> None:
    with pytest.raises(TrainingError, match=r"at the cut-offs \(none\)"):
        Examples.of(rows(), [], target="churned")
