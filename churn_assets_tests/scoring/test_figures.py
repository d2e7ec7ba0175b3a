import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_assets.features.schema import FeatureColumn
from churn_assets.scoring.figures import figure, rounded, written

THINGS = FeatureColumn("n", "Things.", is_categorical=False)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (-0.001, "0"),
        (2.0, "2"),
        (2.345, "2.35"),
        (9.996, "10"),
        (23.46, "23.5"),
        (99.96, "100"),
        (1234.5, "1,234"),
        (-12.34, "-12.3"),
        (1e9, "1,000,000,000"),
    ],
)
def test_figures_keep_the_digits_that_count(value: float, shown: str) -> None:
    assert figure(FeatureColumn("n", "Things.", is_categorical=False), value) == shown


@pytest.mark.parametrize(
    ("name", "description", "value", "shown"),
    [
        ("thumbs_up_share", "Likes.", 0.125, "12.5 %"),
        ("active_days_ratio", "Share of the days with an event.", 0.5, "50 %"),
        ("session_len_change_pct", "Change in percent.", -12.0, "-12 %"),
        ("engagement_ratio", "Sessions per share of active days.", 12.0, "12"),
    ],
)
def test_shares_are_shown_in_percent(name: str, description: str, value: float, shown: str) -> None:
    assert figure(FeatureColumn(name, description, is_categorical=False), value) == shown


@given(st.lists(st.floats(-1e9, 1e9), min_size=1))
def test_many_values_are_shown_as_each_is_alone(values: list[float]) -> None:
    together = [written(THINGS, float(shown)) for shown in rounded(THINGS, np.array(values))]

    assert together == [figure(THINGS, value) for value in values]


@given(st.floats(-1e6, 1e6))
def test_what_is_shown_is_within_half_a_percent_or_half_a_hundredth(value: float) -> None:
    shown = float(figure(THINGS, value).replace(",", ""))

    assert abs(shown - value) <= max(0.0051, 0.0051 * abs(value))


def test_unknown_values_stay_unknown() -> None:
    assert np.isnan(rounded(THINGS, np.array([np.nan]))).all()
