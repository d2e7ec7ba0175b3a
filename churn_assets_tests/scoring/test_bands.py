import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_assets.scoring.bands import RiskBands

BANDS = RiskBands(medium=0.2, high=0.5)


@pytest.mark.parametrize(
    ("probability", "band"),
    [(0.0, "low"), (0.199, "low"), (0.2, "medium"), (0.499, "medium"), (0.5, "high"), (1, "high")],
)
def test_a_band_starts_at_its_threshold(probability: float, band: str) -> None:
    assert BANDS.of_one(probability) == band


@given(st.lists(st.floats(0, 1)))
def test_many_probabilities_get_the_bands_that_each_gets_alone(probabilities: list[float]) -> None:
    assert BANDS.of(np.array(probabilities)).tolist() == [BANDS.of_one(one) for one in probabilities]


def test_equal_thresholds_leave_no_medium() -> None:
    assert RiskBands(medium=0.5, high=0.5).of(np.array([0.4, 0.5])).tolist() == ["low", "high"]
