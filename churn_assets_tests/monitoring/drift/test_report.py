"""Verdicts of the drift report."""

from dataclasses import replace

import pandas as pd
import pytest

from churn_assets.monitoring.drift.report import Baseline, Rule, would_retrain
from churn_assets.monitoring.tables import DRIFT, DRIFT_REPORT, NOT_ENOUGH_DATA, OK
from churn_assets_tests.monitoring.crowd import SCHEMA, crowd

RULE = Rule()
BASELINE = Baseline(crowd(600, 1), SCHEMA, RULE)


def verdicts(window: pd.DataFrame, *calendar: str, baseline: Baseline = BASELINE) -> dict[str, str]:
    report = baseline.compare(window, calendar)
    return dict(zip(report["feature"], report["verdict"], strict=True))


def test_a_report_holds_every_feature_once_in_order() -> None:
    report = BASELINE.compare(crowd(300, 2), ())

    assert [*report.columns] == [name for name in DRIFT_REPORT.names if name not in ("day", "model_version")]
    assert report["feature"].tolist() == sorted(SCHEMA.names)
    assert dict(zip(report["feature"], report["test"], strict=True))["region"] == "psi"
    assert set(report["n_reference"]) == {600}
    assert set(report["n_window"]) == {300}


def test_an_unchanged_crowd_is_ok_in_every_feature() -> None:
    assert set(verdicts(crowd(300, 2)).values()) == {OK}


@pytest.mark.parametrize("moved", ["freq_7d", "avg_session_len_min", "thumbs_up_share", "device"])
def test_a_shift_is_found_in_the_feature_that_moved_and_nowhere_else(moved: str) -> None:
    window = crowd(300, 2)
    shifted = {
        "freq_7d": window["freq_7d"] + 1,
        "avg_session_len_min": window["avg_session_len_min"] * 0.6,
        "thumbs_up_share": window["thumbs_up_share"].where(window.index % 2 == 0),
        "device": window["device"].replace("Desktop", "Mobile"),
    }

    found = verdicts(window.assign(**{moved: shifted[moved]}))

    assert {name for name, verdict in found.items() if verdict == DRIFT} == {moved}


def test_a_distance_that_is_no_chance_but_small_is_ok() -> None:
    window = crowd(20_000, 2)
    baseline = Baseline(crowd(20_000, 1), SCHEMA, RULE)
    moved = window.assign(avg_session_len_min=window["avg_session_len_min"] * 1.1)

    report = baseline.compare(moved, ()).set_index("feature").loc["avg_session_len_min"]

    assert report["adjusted_p_value"] < 1e-6
    assert report["statistic"] < RULE.ks
    assert report["verdict"] == OK


def test_a_large_distance_that_may_be_chance_is_ok() -> None:
    window = crowd(60, 3)
    quantile = window["avg_session_len_min"].rank(pct=True)

    report = BASELINE.compare(window.assign(avg_session_len_min=60 * (quantile + 0.4)), ()).set_index("feature")
    strict = Baseline(BASELINE.rows, SCHEMA, replace(RULE, level=1e-12)).compare(
        window.assign(avg_session_len_min=60 * (quantile + 0.4)), ()
    )

    assert report.loc["avg_session_len_min", "statistic"] > RULE.ks
    assert strict.set_index("feature").loc["avg_session_len_min", "verdict"] == OK


@pytest.mark.parametrize("count", [0, 1, 7, 49])
def test_below_the_least_rows_there_is_no_verdict_and_no_number(count: int) -> None:
    window = crowd(600, 2).assign(freq_7d=99.0).iloc[:count]

    report = BASELINE.compare(window, ())

    assert set(report["verdict"]) == {NOT_ENOUGH_DATA}
    assert report[["statistic", "p_value", "adjusted_p_value"]].isna().all(axis=None)
    assert set(report["n_window"]) == {count}
    assert not would_retrain(report)


def test_a_reference_that_is_too_small_gives_no_verdict_either() -> None:
    assert set(verdicts(crowd(300, 2), baseline=Baseline(crowd(49), SCHEMA, RULE)).values()) == {NOT_ENOUGH_DATA}


def test_what_the_calendar_moves_is_reported_and_starts_nothing() -> None:
    window = crowd(300, 2).assign(freq_7d=99.0)

    report = BASELINE.compare(window, {"freq_7d"})

    assert report.set_index("feature").loc["freq_7d", "verdict"] == DRIFT
    assert not would_retrain(report)
    assert would_retrain(BASELINE.compare(window, ()))


def test_what_the_calendar_moves_makes_no_chance_finding_of_others_easier() -> None:
    window = crowd(300, 2)
    adjusted = [
        BASELINE.compare(frame, {"freq_7d"}).set_index("feature")["adjusted_p_value"].drop("freq_7d")
        for frame in (window, window.assign(freq_7d=99.0))
    ]

    pd.testing.assert_series_equal(*adjusted)


def test_a_new_category_is_no_drift() -> None:
    window = crowd(300, 2)

    found = verdicts(window.assign(device=window["device"].where(window.index % 3 > 0, "Television")))

    assert found["device"] == OK


def test_a_window_of_nothing_but_new_categories_gives_no_verdict_on_them() -> None:
    found = verdicts(crowd(300, 2).assign(device="Television"))

    assert found["device"] == NOT_ENOUGH_DATA
    assert found["freq_7d"] == OK


def test_a_feature_that_is_always_null_on_both_sides_is_ok() -> None:
    baseline = Baseline(crowd(300, 1).assign(freq_7d=None, device=None), SCHEMA, RULE)

    found = verdicts(crowd(300, 2).assign(freq_7d=None, device=None), baseline=baseline)

    assert (found["freq_7d"], found["device"]) == (OK, OK)


def test_the_order_of_rows_changes_nothing() -> None:
    window = crowd(300, 2)

    reports = [BASELINE.compare(frame, ()) for frame in (window, window.sample(frac=1, random_state=1))]

    pd.testing.assert_frame_equal(*reports)
