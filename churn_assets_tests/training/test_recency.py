import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from churn_assets.features.schema import FeatureSchema
from churn_assets.training.arrays import Flags, expit
from churn_assets.training.rungs.recency import FittedRecency, Recency

NO_SCHEMA = FeatureSchema((), "f")


def fitted(days: list[float], churned: Flags) -> FittedRecency:
    """The rung on so many days of silence."""
    return Recency().fit(pd.DataFrame({"recency_days": days}), churned, schema=NO_SCHEMA, seed=1)


def risk(rung: FittedRecency, *days: float) -> list[float]:
    """Probability of churn after so many days of silence."""
    return expit(rung.log_odds(pd.DataFrame({"recency_days": days}))).tolist()


def test_the_risk_is_about_the_share_of_churners_after_such_a_silence() -> None:
    days = [1.0] * 400 + [20.0] * 400
    churned = np.concatenate([np.arange(400) < 40, np.arange(400) < 200])
    low, high = risk(fitted(days, churned), 1.0, 20.0)
    assert 0.09 < low < 0.12
    assert 0.48 < high < 0.52


def test_where_more_silence_meant_less_churn_the_risk_is_level() -> None:
    days = [1.0] * 100 + [20.0] * 100
    churned = np.concatenate([np.arange(100) < 60, np.arange(100) < 20])
    low, high = risk(fitted(days, churned), 1.0, 20.0)
    assert low == high


def test_the_base_is_the_mean_score_of_the_training_rows() -> None:
    days, churned = list(np.linspace(0, 30, 90)), np.arange(90) % 4 == 0
    rung = fitted(days, churned)
    contributions = rung.contributions(pd.DataFrame({"recency_days": days}))
    assert abs(float(contributions["recency_days"].mean())) < 1e-9


def test_rows_of_unknown_silence_do_not_shape_the_curve() -> None:
    churned = np.arange(40) % 3 == 0
    days = list(np.linspace(0, 30, 40))
    with_unknown = fitted([*days, np.nan, np.nan], np.concatenate([churned, [True, True]]))
    assert with_unknown == fitted(days, churned)


@given(st.lists(st.tuples(st.floats(0, 90), st.booleans()), min_size=3, max_size=60))
def test_the_risk_never_falls_and_is_never_certain(rows: list[tuple[float, bool]]) -> None:
    churned = np.array([outcome for _, outcome in rows])
    churned[:2] = (True, False)
    chances = risk(fitted([days for days, _ in rows], churned), *np.linspace(0, 120, 40))
    assert (np.diff(chances) >= 0).all()
    assert 0.0 < chances[0] <= chances[-1] < 1.0
