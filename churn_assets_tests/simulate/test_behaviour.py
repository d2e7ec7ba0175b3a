import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_assets.simulate.behaviour import (
    FIRST_SATISFACTION,
    NEXT_SATISFACTION,
    TEMPER_SHARE,
    Flags,
    Floats,
    Satisfaction,
    Temper,
    leave_hazard,
    session_rate,
)

FREE, PAID = np.array([False]), np.array([True])
OLD, NEW = np.array([400]), np.array([3])


@pytest.mark.parametrize("shares", [FIRST_SATISFACTION, TEMPER_SHARE])
def test_shares_of_a_population_sum_to_one(shares: Floats) -> None:
    assert shares.sum() == pytest.approx(1)


def test_satisfaction_goes_somewhere_every_night() -> None:
    assert NEXT_SATISFACTION.sum(axis=2) == pytest.approx(1)
    assert (NEXT_SATISFACTION >= 0).all()


def test_satisfaction_moves_by_one_step_at_most() -> None:
    states = np.arange(len(Satisfaction))
    is_far = abs(states[:, None] - states) > 1

    assert (NEXT_SATISFACTION[:, is_far] == 0).all()


def test_a_hard_temper_is_satisfied_less_in_the_long_run() -> None:
    long_run = [np.linalg.matrix_power(NEXT_SATISFACTION[temper], 2_000)[0] @ np.arange(4) for temper in Temper]

    assert long_run == sorted(long_run)


@given(st.sampled_from([FREE, PAID]), st.integers(-1, 2_000), st.floats(0, 1))
def test_the_hazard_is_a_probability_that_never_rises_with_satisfaction(
    plan: Flags, tenure: int, concept: float
) -> None:
    hazard = leave_hazard(plan, np.array([tenure]), concept)[0]

    assert ((hazard > 0) & (hazard < 1)).all()
    assert (np.diff(hazard) <= 0).all()


def test_the_fed_up_leave_far_more_often_than_the_content() -> None:
    hazard = leave_hazard(FREE, OLD, 0.0)[0]

    assert hazard[Satisfaction.FED_UP] > 30 * hazard[Satisfaction.CONTENT]


def test_new_and_free_listeners_leave_sooner() -> None:
    usual = leave_hazard(FREE, OLD, 0.0)

    assert (leave_hazard(FREE, NEW, 0.0) > usual).all()
    assert (leave_hazard(PAID, OLD, 0.0) < usual).all()


def test_after_a_price_rise_payers_leave_however_satisfied() -> None:
    free, paid = leave_hazard(FREE, OLD, 1.0)[0], leave_hazard(PAID, OLD, 1.0)[0]

    assert len(set(paid.tolist())) == 1
    assert (paid > 10 * free).all()


def test_half_a_concept_shift_is_half_way() -> None:
    before, half, after = (leave_hazard(PAID, OLD, concept) for concept in (0.0, 0.5, 1.0))

    assert half == pytest.approx((before + after) / 2)


def test_the_dissatisfied_listen_less() -> None:
    rate = session_rate(np.array([0.5]), np.array([0.0]), 0)[0]

    assert (np.diff(rate) > 0).all()
    assert rate[Satisfaction.CONTENT] == pytest.approx(0.5)


@given(st.floats(-0.5, 0.6))
def test_a_weekend_habit_moves_sessions_within_the_week_only(habit: float) -> None:
    plain, moved = (
        sum(session_rate(np.array([1.0]), np.array([value]), day)[0, 2] for day in range(7)) for value in (0.0, habit)
    )

    assert moved == pytest.approx(plain, rel=0.02)
