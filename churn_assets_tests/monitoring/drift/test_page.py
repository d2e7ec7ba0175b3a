"""The page of Evidently holds our numbers."""

import os
import re
from functools import cache

import pandas as pd
import pytest

from churn_assets.errors import ReportError
from churn_assets.monitoring.drift.page import MARK, DriftPage
from churn_assets.monitoring.drift.report import Baseline, Rule
from churn_assets_tests.monitoring.crowd import SCHEMA, crowd

REFERENCE = crowd(400, 1).assign(freq_7d=3.0)
WINDOW = crowd(200, 2).assign(freq_7d=4.0, device="Mobile")
REPORT = Baseline(REFERENCE, SCHEMA, Rule()).compare(WINDOW, {"freq_7d"})


@cache
def page() -> DriftPage:
    return DriftPage(REFERENCE, WINDOW, REPORT)


def test_evidently_computes_the_distances_of_the_report() -> None:
    assert page().statistics() == dict(zip(REPORT["feature"], REPORT["statistic"], strict=True))


def test_evidently_counts_the_drift_that_no_calendar_explains() -> None:
    counted = page().snapshot.dict()["metrics"][0]["value"]

    assert counted["count"] == 1


def test_the_page_shows_names_marks_and_tests_and_needs_nothing_from_elsewhere() -> None:
    html = page().html()

    assert f"freq_7d{MARK}" in html
    assert "PSI of known categories" in html
    assert not re.findall(r"<(?:script|link|img)[^>]+(?:src|href)=[\"']https?://", html)


def test_pages_have_the_same_mark_only_if_they_show_the_same() -> None:
    again = DriftPage(REFERENCE.copy(), WINDOW.copy(), REPORT.copy())
    others = [
        DriftPage(REFERENCE.iloc[1:], WINDOW, REPORT),
        DriftPage(REFERENCE, WINDOW.assign(freq_7d=5.0), REPORT),
        DriftPage(REFERENCE, WINDOW, REPORT.assign(threshold=0.9)),
    ]

    assert again.mark == page().mark
    assert len({page().mark, *(other.mark for other in others)}) == 4
    assert page().html().endswith(page().mark)


def test_nobody_is_told_of_it() -> None:
    page().html()

    assert os.environ["DO_NOT_TRACK"]


def test_columns_without_values_or_without_variety_can_be_shown() -> None:
    empty, same = crowd(60, 1).assign(freq_7d=float("nan"), device=None), crowd(60, 2).assign(freq_7d=1.0)
    report = Baseline(empty, SCHEMA, Rule()).compare(same, ())

    found = DriftPage(empty, same, report).statistics()

    assert found["freq_7d"] == 1.0
    assert set(found) == set(report.loc[report["statistic"].notna(), "feature"])


@pytest.mark.parametrize("window", [crowd(10), crowd(0)], ids=["few", "none"])
def test_without_verdicts_there_is_no_page(window: pd.DataFrame) -> None:
    report = Baseline(REFERENCE, SCHEMA, Rule()).compare(window, ())

    with pytest.raises(ReportError, match="wait for more listeners"):
        DriftPage(REFERENCE, window, report).html()
