"""Which features move by themselves."""

from datetime import date, timedelta

import pandas as pd

from churn_assets.cutoffs import midnight
from churn_assets.features.catalogue import CATALOGUE
from churn_assets.features.declaration import Feature
from churn_assets.monitoring.log_age import LogAge
from churn_assets.monitoring.reference import Reference

FIRST_DAY = date(2026, 1, 1)
AGE = LogAge(FIRST_DAY, 90)
DECLARED = {"tenure_days", "account_age_group", "history_days"}
NAMES = ("tenure_days", "account_age_group", "history_days", "freq_7d", "freq_30d", "total_sessions", "recency_days")
FEATURES: list[Feature] = [CATALOGUE.feature(name) for name in (*NAMES, "avg_session_len_min", "device")]


def trained_at(*ages: int, grows: bool = True) -> Reference:
    """A training at cut-offs of a log so many days old; `total_sessions` grows with the log, or does not."""
    parts = []
    for age in ages:
        frame = pd.DataFrame({"user_id": range(200), "cutoff": midnight(FIRST_DAY + timedelta(days=age))})
        numeric = {feature.name: frame["user_id"] % 50 * 1.0 for feature in FEATURES}
        grown = {"total_sessions": frame["user_id"] % 50 * (age if grows else 40) / 40}
        parts.append(frame.assign(**numeric | grown))
    return Reference("1", CATALOGUE.schema(90), pd.concat(parts))


def calendar(reference: Reference, age: int) -> set[str]:
    return set(AGE.calendar(FEATURES, reference, FIRST_DAY + timedelta(days=age)))


def test_in_an_old_log_only_declared_features_move_by_themselves() -> None:
    assert calendar(trained_at(90, 120), 150) == DECLARED


def test_in_a_young_log_what_grew_within_the_training_grows_after_it() -> None:
    assert calendar(trained_at(31, 73), 100) == DECLARED | {"total_sessions"}


def test_what_stood_still_while_the_log_grew_is_compared() -> None:
    assert calendar(trained_at(31, 73, grows=False), 100) == DECLARED


def test_a_training_that_saw_less_growth_than_came_since_cannot_clear_anything() -> None:
    unsure = {"total_sessions", "avg_session_len_min"}

    assert calendar(trained_at(31, 38, grows=False), 90) == DECLARED | unsure
    assert calendar(trained_at(38), 90) == DECLARED | unsure


def test_windows_that_the_log_always_covered_are_compared_at_any_age() -> None:
    assert {"freq_7d", "freq_30d", "recency_days", "device"}.isdisjoint(calendar(trained_at(38), 90))


def test_a_window_longer_than_the_log_was_old_is_not_compared() -> None:
    assert "freq_30d" in calendar(trained_at(21), 90)
    assert "freq_7d" not in calendar(trained_at(21), 90)


def test_equal_ages_are_compared_however_young() -> None:
    assert calendar(trained_at(38), 38) == DECLARED


def test_reach_is_how_far_back_a_feature_adds_up() -> None:
    reach = {feature.name: feature.reach_days(90) for feature in CATALOGUE.features}

    assert {name: reach[name] for name in ("device", "recency_days", "freq_7d", "session_len_change_pct")} == {
        "device": 0,
        "recency_days": 0,
        "freq_7d": 7,
        "session_len_change_pct": 56,
    }
    assert {reach[name] for name in ("time_as_paid_days", "new_artist_share_30d", "longest_gap_days")} == {90}
    assert CATALOGUE.feature("total_sessions").reach_days(60) == 60
