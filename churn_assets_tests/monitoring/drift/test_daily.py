"""Reports of several days, and which of them get a page."""

from collections.abc import Sequence
from datetime import date, timedelta

import pandas as pd
import pytest

from churn_assets.features.declaration import Feature
from churn_assets.monitoring.drift.daily import SpanReport, span_reports, with_pages
from churn_assets.monitoring.drift.publication import counts
from churn_assets.monitoring.drift.report import Rule, would_retrain
from churn_assets.monitoring.log_age import LogAge
from churn_assets.monitoring.tables import DRIFT_REPORT
from churn_assets.monitoring.watched import Watched
from churn_assets_tests.monitoring.crowd import TRAINED, crowd, reference

WEEKS = [TRAINED + timedelta(days=7 * week) for week in range(1, 4)]
EVE = WEEKS[0] - timedelta(days=1)
NO_FEATURES: Sequence[Feature] = ()


def reports(*shifts: float, days: int = 21) -> Sequence[SpanReport]:
    """Reports of three weeks, each with `freq_7d` moved by a shift."""
    weeks = [crowd(300, 10 + n, cutoff=WEEKS[n]) for n in range(len(shifts))]
    rows = pd.concat([week.assign(freq_7d=week["freq_7d"] + by) for week, by in zip(weeks, shifts, strict=True)])
    watched = Watched(rows, reference(300), LogAge(date(2025, 1, 1), 90), 7)
    return span_reports(watched, [EVE + timedelta(days=n) for n in range(days)], NO_FEATURES, Rule())


def test_every_day_has_a_report_of_its_own_with_all_columns() -> None:
    made = reports(0.0, 0.0, 0.0)
    tables = [one.of(day) for one in made for day in one.span.days]

    assert len(tables) == 21
    assert all(list(table.columns) == list(DRIFT_REPORT.names) for table in tables)
    assert [table["day"].iloc[0].date() for table in tables] == [EVE + timedelta(days=n) for n in range(21)]
    assert {version for table in tables for version in table["model_version"]} == {"3"}


def test_days_with_equal_windows_share_their_numbers() -> None:
    (first, *_) = reports(0.0, 0.0, 0.0)

    days = [first.of(day).drop(columns="day") for day in first.span.days]

    assert len(days) == 7
    assert all(day.equals(days[0]) for day in days)


def test_the_newest_report_gets_a_page() -> None:
    made = reports(0.0, 0.0, 0.0)

    assert [one.span.newest for one in with_pages(made)] == [made[-1].span.newest]


def test_the_newest_alarm_gets_a_page_too() -> None:
    made = reports(3.0, 3.0, 0.0)

    assert [would_retrain(one.report) for one in made] == [True, True, False]
    assert list(with_pages(made)) == [made[1], made[2]]


def test_an_alarm_on_the_newest_day_gets_one_page() -> None:
    made = reports(0.0, 0.0, 3.0)

    assert list(with_pages(made)) == [made[2]]


def test_without_any_verdict_there_is_no_page() -> None:
    made = reports(0.0, days=21)[1:]

    assert [len(one.span.window) for one in made] == [0]
    assert list(with_pages(made)) == []


@pytest.mark.parametrize(("shift", "drifted"), [(0.0, 0), (3.0, 1)])
def test_counts_say_what_a_report_comes_to(shift: float, drifted: int) -> None:
    (made, *_) = reports(shift)

    assert counts(made.of(EVE)) == {
        "features": 5,
        "drifted": drifted,
        "drifted_calendar": 0,
        "undecided": 0,
        "n_reference": 300,
        "n_window": 300,
        "would_retrain": drifted,
    }
