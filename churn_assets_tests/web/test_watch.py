from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from churn_assets.lake.lake import WHOLE, Lake
from churn_assets.monitoring.tables import DRIFT_REPORT, NOVELTY_REPORT, PERFORMANCE_REPORT
from churn_assets.retraining.tables import RETRAINING_DECISION
from churn_assets.web.shelf import Shelf
from churn_assets.web.watch import (
    drift,
    drift_finding,
    last_decision,
    newest_decision,
    novelty,
    novelty_finding,
    performance,
)
from churn_assets_tests.retention.scored import put
from churn_assets_tests.web.site import CUTOFFS, drift_rows, novelty_rows, performance_rows

DAY = date(2024, 3, 31)


def shelf_below(folder: Path) -> Shelf:
    return Shelf(Lake(folder / "lake"))


@pytest.mark.parametrize(
    ("drifted", "rest", "verdict"),
    [(0, "ok", "ok"), (3, "ok", "drift"), (0, "not enough data", "ok")],
)
def test_drift_is_what_the_calendar_does_not_explain(drifted: int, rest: str, verdict: str) -> None:
    found = drift_finding(drift_rows(drifted=drifted, verdict=rest))

    assert (found.verdict, found.causes) == (verdict, drifted)


def test_no_verdict_of_any_feature_is_not_enough_data() -> None:
    found = drift_finding(drift_rows(drifted=0).assign(verdict="not enough data"))

    assert found.verdict == "not enough data"
    assert "too few listeners" in found.sentence


def test_many_drifted_features_are_counted_and_the_first_named() -> None:
    found = drift_finding(drift_rows(drifted=8))

    assert found.sentence.startswith("8 of 10 features moved")
    assert found.sentence.endswith("feature_3, feature_4 and others.")


def test_unseen_listeners_alone_are_no_alarm() -> None:
    assert novelty_finding(novelty_rows("novel")).verdict == "novel"
    assert novelty_finding(novelty_rows("novel", kind="unseen listeners")).verdict == "ok"
    assert novelty_finding(novelty_rows("not enough data")).verdict == "not enough data"


def test_the_chart_of_drift_has_a_bar_a_day(tmp_path: Path) -> None:
    shelf = shelf_below(tmp_path)
    for day, drifted in ((date(2024, 3, 30), 4), (DAY, 1)):
        put(shelf.lake, DRIFT_REPORT, day, drift_rows(drifted=drifted))

    report = drift(shelf)

    assert report is not None
    assert report.charts[0].rows == [("30 Mar", [4.0]), ("31 Mar", [1.0])]
    assert (report.day, report.verdict, report.tone) == ("2024-03-31", "drift", "alarm")
    assert "at most 4" in report.charts[0].summary


def test_without_reports_there_is_nothing_to_say(tmp_path: Path) -> None:
    shelf = shelf_below(tmp_path)

    assert (drift(shelf), novelty(shelf), performance(shelf, "churned"), last_decision(shelf)) == (None,) * 4


def performance_of(folder: Path, *parts: pd.DataFrame) -> Any:
    shelf = shelf_below(folder)
    put(shelf.lake, PERFORMANCE_REPORT, DAY, pd.concat(parts))
    return performance(shelf, "churned")


def test_performance_is_that_of_the_version_that_scores_today(tmp_path: Path) -> None:
    report = performance_of(
        tmp_path,
        performance_rows("replaced", version="1"),
        performance_rows("drop", version="9"),
        performance_rows("ok", version="10"),
    )

    assert (report.verdict, report.tone, report.sentence) == ("ok", "calm", "No metric got worse beyond chance.")


def test_realised_and_estimated_stand_side_by_side(tmp_path: Path) -> None:
    auc, _ = performance_of(tmp_path, performance_rows("drop")).charts

    assert auc.rows == [
        ("18 Mar", [pytest.approx(0.8), pytest.approx(0.8)]),
        ("25 Mar", [pytest.approx(0.79), None]),
        ("1 Apr", [pytest.approx(0.78), None]),
    ]
    assert len(auc.places) == len(CUTOFFS)
    assert (auc.levels[0].value, auc.levels[0].low, auc.levels[0].high) == (0.81, 0.77, 0.85)


def test_a_version_that_has_no_honest_cutoff_yet_waits(tmp_path: Path) -> None:
    report = performance_of(tmp_path, performance_rows("replaced"))

    assert (report.verdict, report.tone, report.charts) == ("not enough data", "open", ())


def test_a_drop_is_an_alarm(tmp_path: Path) -> None:
    report = performance_of(tmp_path, performance_rows("drop"))

    assert (report.tone, report.sentence) == ("alarm", "The model got worse beyond chance.")


def test_the_last_decision_is_the_one_with_the_highest_number() -> None:
    rows = pd.DataFrame({"number": [2, 1], "verdict": ["retrain", "cool-down"], "outcome": [None, None]})

    assert newest_decision(rows) == {"number": 2, "verdict": "retrain", "outcome": None}
    assert newest_decision(rows.head(0)) is None


def test_a_novelty_report_of_the_newest_day_counts(tmp_path: Path) -> None:
    shelf = shelf_below(tmp_path)
    put(shelf.lake, NOVELTY_REPORT, date(2024, 3, 30), novelty_rows("novel"))
    put(shelf.lake, NOVELTY_REPORT, DAY, novelty_rows("ok"))

    report = novelty(shelf)

    assert report is not None
    assert (report.day, report.verdict) == ("2024-03-31", "ok")


def test_decisions_are_read_from_the_lake(tmp_path: Path) -> None:
    shelf = shelf_below(tmp_path)
    told = {"number": 1, "decided_at": pd.Timestamp("2026-01-01"), "trigger": "novelty", "verdict": "retrain"}
    rows = pd.DataFrame([told | {"reason": "Because.", "outcome": "promotion"}])
    import pyarrow as pa
    import pyarrow.parquet as pq

    from churn_assets.contracts.arrow import arrow_schema

    schema = arrow_schema(RETRAINING_DECISION)
    with shelf.lake.replacing(RETRAINING_DECISION, WHOLE) as path:
        columns = [pa.array(rows[f.name].tolist() if f.name in rows else [None], f.type) for f in schema]
        pq.write_table(pa.table(columns, names=schema.names), path)

    decision = last_decision(shelf)

    assert decision is not None
    assert (decision["trigger"], decision["outcome"]) == ("novelty", "promotion")
