"""Slopes and what they come to: exact laws are found again, and the far end is a range."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.fits import Range, beyond, power_law

SIZES = [1.0, 4.0, 16.0]


@given(st.floats(0.01, 100), st.floats(-1, 2))
def test_the_law_that_made_the_points_is_found_again(factor: float, slope: float) -> None:
    law = power_law([(size, factor * size**slope) for size in SIZES])

    assert law.slope == pytest.approx(slope, abs=1e-9)
    assert law.factor == pytest.approx(factor)
    assert law.last_slope == pytest.approx(slope, abs=1e-9)
    assert law.at(64.0) == pytest.approx(factor * 64.0**slope)


def test_a_law_that_explains_everything_has_a_fit_of_one() -> None:
    assert power_law([(1, 1), (4, 4), (16, 16)]).fit == pytest.approx(1.0)
    assert power_law([(1, 3), (4, 3), (16, 3)]).fit == 1.0


def test_a_fixed_cost_lowers_the_slope_and_the_fit_but_hardly_the_last_slope() -> None:
    law = power_law([(1, 10 + 1), (4, 10 + 4), (64, 10 + 64)])

    assert law.slope < law.last_slope < 1
    assert law.fit < 1


def test_scattered_points_say_so_by_their_fit() -> None:
    assert power_law([(1, 1), (2, 8), (4, 1), (8, 8)]).fit < 0.5


@pytest.mark.parametrize("points", [[], [(1, 1)], [(2, 1), (2, 3)], [(1, 0), (2, 1)], [(0, 1), (2, 1)]])
def test_a_slope_takes_two_places_above_zero(points: list[tuple[float, float]]) -> None:
    with pytest.raises(ValueError, match=r"two|above 0|empty|min"):
        power_law(points)


def test_what_grows_evenly_has_one_answer_far_beyond() -> None:
    found = beyond([(1, 2), (4, 8), (16, 32)], 1600)

    assert found.low == pytest.approx(3200)
    assert found.high == pytest.approx(3200)


def test_what_bends_is_a_range_from_the_fitted_to_the_last_slope() -> None:
    points = [(1.0, 11.0), (4.0, 14.0), (16.0, 26.0)]
    law = power_law(points)

    found = beyond(points, 160)

    assert found.low == pytest.approx(26 * 10**law.slope)
    assert found.high == pytest.approx(26 * 10**law.last_slope)


def test_fixed_costs_promise_no_savings_where_the_slope_has_a_floor() -> None:
    points = [(1.0, 11.0), (4.0, 14.0), (16.0, 26.0)]

    found = beyond(points, 160, at_least=1.0)

    assert found.high == pytest.approx(260)
    assert found.low == beyond(points, 160).high


def test_a_floor_changes_nothing_for_what_is_steeper() -> None:
    points = [(1.0, 1.0), (4.0, 8.0), (16.0, 64.0)]

    assert beyond(points, 160, at_least=1.0) == beyond(points, 160)


def test_ranges_add_up_and_scale_end_by_end() -> None:
    assert (Range(1, 2) + Range(10, 20)) * 2 == Range(22, 44)
