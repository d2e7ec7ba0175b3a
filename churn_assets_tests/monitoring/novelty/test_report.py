"""What training never saw, and how much of it."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from churn_assets.monitoring.novelty.report import NoveltyRule, Training, is_novel, lower_bounds
from churn_assets.monitoring.tables import NOT_ENOUGH_DATA, NOVEL, NOVELTY_REPORT, OK
from churn_assets_tests.monitoring.crowd import SCHEMA, crowd

RULE = NoveltyRule()
TRAINING = Training(crowd(400, 1), SCHEMA)


def report(window: pd.DataFrame, *calendar: str) -> pd.DataFrame:
    return TRAINING.novelty(window, RULE, calendar)


def row(found: pd.DataFrame, feature: str, value: str) -> "pd.Series[object]":
    return found[(found["feature"] == feature) & (found["value"] == value)].iloc[0]


def test_a_crowd_that_training_knew_is_not_novel() -> None:
    found = report(crowd(400, 1))

    assert set(found["rows"]) == {0}
    assert set(found["verdict"]) == {OK}
    assert [*found.columns] == [name for name in NOVELTY_REPORT.names if name not in ("day", "model_version")]
    assert not found.duplicated(list(NOVELTY_REPORT.key)).any()


def test_an_unseen_category_is_named_and_counted() -> None:
    window = crowd(400, 1)
    window["device"] = window["device"].where(window.index >= 80, "Television").where(window.index >= 8, "Fridge")

    found = report(window)

    assert (row(found, "device", "Television")["rows"], row(found, "device", "Fridge")["rows"]) == (72, 8)
    assert row(found, "device", "(any)")["share"] == 0.2
    assert row(found, "device", "(any)")["verdict"] == NOVEL
    assert row(found, "device", "Fridge")["verdict"] == OK


def test_many_new_categories_are_novel_together_though_each_is_rare() -> None:
    window = crowd(400, 1)
    window["region"] = [f"New {n % 40}" if n % 2 else "R0" for n in range(400)]

    found = report(window)

    assert row(found, "region", "(any)")["verdict"] == NOVEL
    assert set(found.loc[(found["feature"] == "region") & (found["value"] != "(any)"), "verdict"]) == {OK}


def test_null_is_no_new_category() -> None:
    assert row(report(crowd(400, 1).assign(device=None)), "device", "(any)")["rows"] == 0


@pytest.mark.parametrize(("value", "side"), [(1e6, "above"), (-1.0, "below")])
def test_values_beyond_the_training_range_are_counted_by_side(value: float, side: str) -> None:
    window = crowd(400, 1)
    window.loc[:99, "avg_session_len_min"] = value

    found = report(window)

    assert row(found, "avg_session_len_min", side)["rows"] == 100
    assert row(found, "avg_session_len_min", side)["verdict"] == NOVEL
    assert found.loc[found["kind"] == "outside training range", "rows"].sum() == 100


def test_a_feature_that_training_never_knew_is_outside_by_any_value() -> None:
    training = Training(crowd(400, 1).assign(freq_7d=None), SCHEMA)

    found = training.novelty(crowd(400, 1), RULE, ())

    assert {row(found, "freq_7d", side)["rows"] for side in ("below", "above")} == {400}


@pytest.mark.parametrize(("unseen", "verdict"), [(120, OK), (200, OK), (320, NOVEL)])
def test_listeners_are_novel_when_most_of_them_were_never_seen(unseen: int, verdict: str) -> None:
    found = row(report(crowd(400, 1, first=unseen)), "user_id", "(any)")

    assert (found["rows"], found["share"], found["verdict"]) == (unseen, unseen / 400, verdict)


def test_what_the_calendar_moves_is_never_novel() -> None:
    window = crowd(400, 1).assign(freq_7d=1e6, device="Television")

    found = report(window, "freq_7d", "device")

    assert not is_novel(found)
    assert {"freq_7d", "device"}.isdisjoint(found["feature"])


@pytest.mark.parametrize("count", [0, 1, 49])
def test_below_the_least_rows_there_is_no_verdict(count: int) -> None:
    found = report(crowd(400, 1, first=900).iloc[:count])

    assert set(found["verdict"]) == {NOT_ENOUGH_DATA}
    assert set(found["n_window"]) == {count}
    assert not is_novel(found)


def test_a_share_just_above_the_threshold_may_be_chance_in_a_small_window() -> None:
    small, large = crowd(60, 1).assign(user_id=range(60)), crowd(6_000, 1).assign(user_id=range(6_000))
    for window in (small, large):
        window.loc[window.index % 8 == 0, "avg_session_len_min"] = 1e6

    verdicts = [row(report(window), "avg_session_len_min", "above")["verdict"] for window in (small, large)]

    assert verdicts == [OK, NOVEL]


@given(st.integers(1, 200), st.data())
def test_the_lower_bound_is_where_so_many_rows_stop_being_a_surprise(n: int, data: st.DataObject) -> None:
    rows = data.draw(st.integers(1, n))

    (low,) = lower_bounds([rows], n, 0.01)

    assert binom.sf(rows - 1, n, low) == pytest.approx(0.01, rel=1e-4)


def test_nothing_seen_bounds_nothing() -> None:
    assert lower_bounds([0], 50, 0.01) == [0.0]
    assert lower_bounds([0], 0, 0.01) == [0.0]
