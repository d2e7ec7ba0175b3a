"""Whether to retrain."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_assets.retraining.cause import Cause
from churn_assets.retraining.decision import Decision
from churn_assets.retraining.policy import BUDGET_PERIOD, Policy
from churn_assets.retraining.tables import (
    ASKED_FOR,
    BUDGET_SPENT,
    COOL_DOWN,
    FAILED,
    NO_CAUSE,
    NOVELTY,
    PROMOTION,
    REFUSAL,
    RETRAIN,
    TRIGGERS,
)
from churn_assets_tests.retraining.causes import MATURE, NEXT_MATURE, NOON, cause, retrained

DAY = timedelta(days=1)
POLICY = Policy(cooldown=DAY, budget=3)


def verdict(seen: Cause, *past: Decision, now: datetime = NOON + 2 * DAY, policy: Policy = POLICY) -> str:
    """What is decided on a cause after `past`."""
    return policy.decide(seen, past, now=now).verdict


def test_a_first_cause_is_retrained_for() -> None:
    assert verdict(cause()) == RETRAIN


def test_the_decision_holds_what_was_seen_and_why() -> None:
    decision = POLICY.decide(cause(), [], now=NOON.replace(microsecond=1_999))

    assert decision.reason == "The device drifted. Labels are mature up to cut-off 2026-05-04."
    assert decision.evidence["day"] == "2026-06-07"
    assert (decision.champion, decision.newest_mature, decision.outcome) == ("1", MATURE, None)
    assert decision.decided_at == NOON.replace(microsecond=1_000)


@pytest.mark.parametrize("outcome", [REFUSAL, PROMOTION])
def test_the_same_cause_is_not_retrained_for_twice(outcome: str) -> None:
    assert verdict(cause(), retrained(outcome=outcome)) == NO_CAUSE


def test_another_trigger_on_the_same_ground_could_only_learn_the_same() -> None:
    decision = POLICY.decide(cause(NOVELTY), [retrained()], now=NOON + 2 * DAY)

    assert decision.verdict == NO_CAUSE
    assert "has learned from all labels that are mature (up to cut-off 2026-05-04)" in decision.reason


def test_a_drift_that_persists_is_a_new_cause_once_a_newer_cutoff_has_matured() -> None:
    assert verdict(cause(mature=NEXT_MATURE), retrained()) == RETRAIN


def test_the_champion_that_a_retraining_made_is_not_challenged_with_the_same_labels() -> None:
    promoted = retrained(outcome=PROMOTION, champion_after="2")

    assert verdict(cause(champion="2"), promoted) == NO_CAUSE


def test_a_champion_that_a_person_put_back_is_not_overthrown_with_the_same_labels() -> None:
    promoted = retrained(outcome=PROMOTION, champion_after="2")

    assert verdict(cause(champion="1"), promoted) == NO_CAUSE


def test_a_champion_from_elsewhere_has_not_been_challenged_yet() -> None:
    assert verdict(cause(champion="9"), retrained()) == RETRAIN


def test_a_failed_retraining_answers_its_own_cause_only() -> None:
    failed = retrained(outcome=FAILED)

    decision = POLICY.decide(cause(), [failed], now=NOON + 2 * DAY)

    assert decision.verdict == NO_CAUSE
    assert "failed for this very cause" in decision.reason
    assert verdict(cause(NOVELTY), failed) == RETRAIN
    assert verdict(cause(mature=NEXT_MATURE), failed) == RETRAIN


@pytest.mark.parametrize(("hours", "expected"), [(23.9, COOL_DOWN), (24, RETRAIN)])
def test_retrainings_keep_their_distance(hours: float, expected: str) -> None:
    now = NOON + timedelta(hours=hours)

    assert verdict(cause(mature=NEXT_MATURE), retrained(), now=now) == expected


def test_a_cool_down_says_when_it_is_over() -> None:
    decision = POLICY.decide(cause(mature=NEXT_MATURE), [retrained()], now=NOON)

    assert decision.reason.endswith("not before 2026-06-11 12:00 UTC.")


def test_a_failed_retraining_and_one_in_flight_count_for_the_cool_down() -> None:
    for outcome in (FAILED, None):
        assert verdict(cause(mature=NEXT_MATURE), retrained(outcome=outcome), now=NOON) == COOL_DOWN


def test_a_refused_decision_does_not_count() -> None:
    refused = POLICY.decide(cause(), [retrained()], now=NOON)

    assert verdict(cause(), refused, now=NOON) == RETRAIN


def test_the_budget_is_spent_until_the_oldest_of_it_is_thirty_days_old() -> None:
    past = [retrained(cause(champion=str(n)), at=NOON + n * 2 * DAY) for n in range(3)]
    free = NOON + BUDGET_PERIOD

    early = POLICY.decide(cause(mature=NEXT_MATURE), past, now=free - timedelta(seconds=1))

    assert early.verdict == BUDGET_SPENT
    assert early.reason.endswith("The budget of 3 retrainings in 30 days is spent: not before 2026-07-10 12:00 UTC.")
    assert verdict(cause(mature=NEXT_MATURE), *past, now=free) == RETRAIN


def test_without_a_budget_nothing_is_retrained_but_what_is_asked_for() -> None:
    nothing = Policy(cooldown=timedelta(0), budget=0)

    assert verdict(cause(), policy=nothing) == BUDGET_SPENT
    assert verdict(cause(ASKED_FOR), policy=nothing) == RETRAIN


def test_what_a_person_asks_for_is_done_in_the_cool_down_and_starts_another() -> None:
    asked = POLICY.decide(cause(ASKED_FOR), [retrained()], now=NOON)

    assert asked.verdict == RETRAIN
    assert verdict(cause(mature=NEXT_MATURE), asked, now=NOON + DAY / 2) == COOL_DOWN


CAUSES = st.builds(
    lambda trigger, champion, week: cause(trigger, champion=str(champion), mature=MATURE + week * 7 * DAY),
    st.sampled_from([trigger for trigger in TRIGGERS if trigger != ASKED_FOR]),
    st.integers(1, 3),
    st.integers(0, 5),
)
MINUTES = st.integers(1, 60 * 24 * 4)


@given(st.lists(st.tuples(MINUTES, CAUSES, st.sampled_from([PROMOTION, REFUSAL, FAILED])), max_size=60))
def test_a_storm_retrains_once_a_cause_within_cool_down_and_budget(storm: list[tuple[int, Cause, str]]) -> None:
    past: list[Decision] = []
    now = datetime(2026, 1, 1, tzinfo=UTC)
    for minutes, seen, outcome in storm:
        now += timedelta(minutes=minutes)
        decision = POLICY.decide(seen, past, now=now)
        past.append(retrained(seen, at=now, outcome=outcome) if decision.is_retraining else decision)

    times = [decision.decided_at for decision in past if decision.is_retraining]
    causes = [decision.cause for decision in past if decision.is_retraining]
    assert len(set(causes)) == len(causes)
    assert all(later - earlier >= DAY for earlier, later in pairwise(times))
    assert all(sum(at - BUDGET_PERIOD < time <= at for time in times) <= POLICY.budget for at in times)
