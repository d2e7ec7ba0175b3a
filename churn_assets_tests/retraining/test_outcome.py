"""What came of a retraining."""

from typing import Any

import pytest

from churn_assets.errors import RetrainingError
from churn_assets.retraining.outcome import concluded
from churn_assets.retraining.tables import PROMOTION, REFUSAL
from churn_assets_tests.retraining.causes import retrained


def decided(kind: str, version: str, **fields: Any) -> dict[str, Any]:
    """A row of `champion_model`."""
    reason = f"{kind} of {version}"
    return {"kind": kind, "version": version, "champion_before": "1", "state": "done", "reason": reason, **fields}


STARTED = retrained(outcome=None)


def test_a_promoted_challenger_is_the_champion_afterwards() -> None:
    ended = concluded(STARTED, "2", [decided("promotion", "1"), decided("promotion", "2")])

    assert (ended.outcome, ended.champion_after, ended.explanation) == (PROMOTION, "2", "promotion of 2")


def test_a_refused_challenger_leaves_the_champion() -> None:
    ended = concluded(STARTED, "2", [decided("promotion", "1"), decided("refusal", "2")])

    assert (ended.outcome, ended.champion_after, ended.explanation) == (REFUSAL, "1", "refusal of 2")


def test_a_promotion_stays_one_when_a_retried_run_finds_the_champion_in_office() -> None:
    history = [decided("promotion", "2"), decided("refusal", "2", reason="Version 2 is the champion already.")]

    assert concluded(STARTED, "2", history).outcome == PROMOTION


def test_who_was_champion_before_the_decision_was_not_promoted_by_it() -> None:
    history = [decided("promotion", "1", champion_before=None), decided("refusal", "1")]

    assert concluded(STARTED, "1", history).outcome == REFUSAL


def test_an_intent_that_was_abandoned_is_no_promotion() -> None:
    history = [decided("promotion", "2", state="abandoned"), decided("refusal", "2")]

    assert concluded(STARTED, "2", history).outcome == REFUSAL


def test_a_challenger_nobody_decided_about_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(RetrainingError, match=r"version 2.*materialise champion_model"):
        concluded(STARTED, "2", [decided("promotion", "1")])
