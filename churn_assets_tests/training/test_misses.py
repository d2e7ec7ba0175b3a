import json
from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import pandas as pd
import pytest

from churn_assets.cutoffs import midnight
from churn_assets.training.candidates import Candidate
from churn_assets.training.metrics import Forecast
from churn_assets.training.misses import WORST, Miss, Reason, worst_misses
from churn_assets_tests.training.listeners import listeners_at, mondays


def judged(
    candidates: Mapping[str, Candidate], probability: Sequence[float], *, churned: Sequence[bool]
) -> tuple[Miss, ...]:
    """The misses of what was said of the first listeners of a cut-off."""
    rows = listeners_at(mondays(1)).head(len(probability))
    forecast = Forecast(np.array(probability), np.array(churned), np.arange(len(probability)), 0.5)
    return worst_misses(candidates["logistic"].model, rows, forecast)


def test_the_worst_comes_first(candidates: Mapping[str, Candidate]) -> None:
    misses = judged(candidates, [0.3, 0.01, 0.2], churned=[True, True, True])
    assert [miss.probability for miss in misses] == [0.01, 0.2, 0.3]


def test_either_outcome_is_listed_up_to_its_worst(candidates: Mapping[str, Candidate]) -> None:
    churned = [row % 2 == 0 for row in range(60)]
    misses = judged(candidates, list(np.linspace(0.1, 0.9, 60)), churned=churned)
    assert sum(miss.has_churned for miss in misses) == WORST
    assert sum(not miss.has_churned for miss in misses) == WORST


def test_a_listener_is_listed_once_an_outcome_at_the_worst_cutoff(candidates: Mapping[str, Candidate]) -> None:
    twice = pd.concat([listeners_at(mondays(2)).query("user_id == 'u0003'")] * 2, ignore_index=True)
    forecast = Forecast(np.array([0.2, 0.1, 0.3, 0.4]), np.ones(4, dtype=bool), np.zeros(4, dtype=int), 0.5)
    (miss,) = worst_misses(candidates["logistic"].model, twice, forecast)
    assert miss.probability == 0.1
    assert midnight(miss.cutoff) == twice["cutoff"][1]


def test_the_reasons_are_the_strongest_contributions_with_their_sign(candidates: Mapping[str, Candidate]) -> None:
    model = candidates["logistic"].model
    (miss,) = judged(candidates, [0.2], churned=[True])
    contributions = model.contributions(listeners_at(mondays(1)).head(1)).iloc[0]
    strongest = contributions.abs().sort_values(ascending=False).index[:3]
    assert [reason.feature for reason in miss.reasons] == list(strongest)
    assert [reason.contribution for reason in miss.reasons] == pytest.approx(list(contributions[strongest]))


def test_the_reasons_tell_the_values_that_the_model_went_by(candidates: Mapping[str, Candidate]) -> None:
    model, rows = candidates["logistic"].model, listeners_at(mondays(1)).head(2)
    rows.loc[1, [name for name in rows if rows[name].dtype == float]] = np.nan
    forecast = Forecast(np.array([0.1, 0.2]), np.ones(2, dtype=bool), np.arange(2), 0.5)
    known, unknown = worst_misses(model, rows, forecast)
    assert [reason.value for reason in known.reasons] == [rows.loc[0, reason.feature] for reason in known.reasons]
    assert None in {reason.value for reason in unknown.reasons}


def test_nothing_that_is_kept_names_a_listener(candidates: Mapping[str, Candidate]) -> None:
    misses = judged(candidates, [0.3, 0.01, 0.2], churned=[True, True, False])
    told = json.dumps([miss.to_json() for miss in misses])
    assert len(misses) == 3
    assert not [user for user in listeners_at(mondays(1))["user_id"] if user in told]
    assert "user_id" not in told


def test_a_miss_survives_json() -> None:
    reasons = (Reason("recency_days", -0.4, 12.0), Reason("device", 0.1, "Mobile"), Reason("thumbs_up_share", 0.1))
    miss = Miss(date(2026, 2, 2), 0.1, has_churned=True, log_loss=2.3, reasons=reasons)
    assert Miss.from_json(json.loads(json.dumps(miss.to_json()))) == miss


def test_the_name_in_an_evaluation_of_an_older_version_is_dropped() -> None:
    miss = Miss(date(2026, 2, 2), 0.1, has_churned=True, log_loss=2.3, reasons=(Reason("recency_days", -0.4),))
    older = miss.to_json() | {"user_id": "1042", "reasons": [["recency_days", -0.4]]}
    assert Miss.from_json(older) == miss


def test_a_certain_and_wrong_forecast_has_a_finite_loss(candidates: Mapping[str, Candidate]) -> None:
    (miss,) = judged(candidates, [0.0], churned=[True])
    assert np.isfinite(miss.log_loss)
