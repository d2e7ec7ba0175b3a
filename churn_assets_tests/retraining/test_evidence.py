"""Which rows of the reports set a retraining off."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_assets.monitoring.drift.report import would_retrain
from churn_assets.monitoring.novelty.report import is_novel
from churn_assets.monitoring.performance.report import report
from churn_assets.monitoring.performance.watch import Watch as Performance
from churn_assets.monitoring.tables import (
    DRIFT_VERDICTS,
    NOVELTY_VERDICTS,
    OUTSIDE_RANGE,
    UNSEEN_CATEGORY,
    UNSEEN_LISTENERS,
)
from churn_assets.retraining.evidence import (
    DRIFT_WATCH,
    NOVELTY_WATCH,
    SHOWN_DAYS,
    SHOWN_FINDINGS,
    RedReport,
    Seen,
    performance_watch,
    red_reports,
    watches,
)
from churn_assets_tests.monitoring.performance.cohorts import (
    LATER,
    SCHEDULE,
    cohort,
    drawn,
    jury,
    probabilities,
    production,
)
from churn_assets_tests.retraining.causes import drifted, seen

Reports = Mapping[str, list[Mapping[str, Any]]]
LEVEL = 0.05
PERFORMANCE_WATCH = performance_watch(LEVEL)
KINDS = (UNSEEN_CATEGORY, OUTSIDE_RANGE, UNSEEN_LISTENERS)
NOVEL = {"verdict": "novel", "model_version": "1", "kind": "unseen category", "share": 0.4, "threshold": 0.1}
DROP = {"verdict": "drop", "model_version": "1", "kind": "realised", "metric": "roc_auc", "p_value": 0.01}
UNDECIDED = [drifted(verdict="not enough data"), drifted("os", verdict="not enough data")]
RED, CALM = [drifted()], [drifted(verdict="ok")]


def reds(reports: Reports, *new: Seen, waiting: tuple[Seen, ...] = (), champion: str = "1") -> list[str]:
    """Days of the red reports."""
    found = red_reports(DRIFT_WATCH, waiting, new, champion=champion, rows_of=reports.__getitem__)
    return [red.seen.day for red in found]


def test_a_drifted_feature_of_the_champion_is_red() -> None:
    rows = [drifted(), drifted("browser", verdict="ok"), drifted("os", verdict="not enough data")]

    assert [row["feature"] for row in DRIFT_WATCH.red_rows(rows, "1")] == ["device"]


def test_what_moves_with_the_calendar_alone_is_not() -> None:
    assert DRIFT_WATCH.red_rows([drifted("tenure_days", is_calendar=True)], "1") == ()


def test_a_report_about_another_version_says_nothing_of_the_champion() -> None:
    assert DRIFT_WATCH.red_rows([drifted()], "2") == ()


def test_novelty_and_a_drop_of_performance_are_read_from_their_verdicts() -> None:
    assert NOVELTY_WATCH.red_rows([NOVEL, {**NOVEL, "verdict": "ok"}], "1") == (NOVEL,)
    assert PERFORMANCE_WATCH.red_rows([DROP, {**DROP, "verdict": "not enough data"}], "1") == (DROP,)


def test_listeners_never_seen_are_told_and_set_nothing_off() -> None:
    assert NOVELTY_WATCH.red_rows([{**NOVEL, "kind": "unseen listeners"}], "1") == ()


@pytest.mark.parametrize(
    "innocent", [{"p_value": None}, {"p_value": float("nan")}, {"p_value": 0.2}, {"kind": "estimated"}]
)
def test_a_metric_that_did_not_drop_is_no_evidence_though_the_version_did(innocent: Mapping[str, Any]) -> None:
    assert PERFORMANCE_WATCH.red_rows([{**DROP, **innocent}], "1") == ()


def test_of_a_whole_report_of_performance_only_what_dropped_is_told_the_surest_first() -> None:
    said = probabilities(300)
    parts = [cohort(said, drawn(said[::-1], seed=place), cutoff=LATER[place]) for place in range(2)]
    seen_by = Performance([*parts, cohort(said, cutoff=LATER[2])], {"1": production()}, jury())
    rows = report(seen_by, [SCHEDULE.matures_on(LATER[1]) - timedelta(days=1)]).to_dict("records")
    assert {row["verdict"] for row in rows} == {"drop"}

    reds = PERFORMANCE_WATCH.red_rows(rows, "1")
    told = json.loads(json.dumps(PERFORMANCE_WATCH.evidence([RedReport(seen("2026-06-02"), reds)])))["strongest"]

    held = [row for row in rows if row["p_value"] <= LEVEL]
    assert len(rows) > 60 > len(held) > 0
    assert len(reds) == len(held)
    assert [one["p_value"] for one in told] == sorted(row["p_value"] for row in held)[:SHOWN_FINDINGS]
    assert list(told[0]) == ["metric", "cutoff", "value", "production", "p_value", "n"]
    assert told[0]["cutoff"] in {day.isoformat() for day in LATER[:2]}
    metrics = ", ".join(dict.fromkeys(row["metric"] for row in reds))
    assert PERFORMANCE_WATCH.finding([RedReport(seen("2026-06-02"), reds)]).endswith(
        f"metrics that dropped: {metrics}."
    )


@given(st.lists(st.tuples(st.sampled_from(DRIFT_VERDICTS), st.booleans()), max_size=4))
def test_the_sensor_of_drift_fires_on_just_the_reports_that_the_study_counts(found: list[tuple[str, bool]]) -> None:
    rows = [drifted(verdict=verdict, is_calendar=is_calendar) for verdict, is_calendar in found]

    assert bool(DRIFT_WATCH.red_rows(rows, "1")) == would_retrain(pd.DataFrame(rows, columns=list(drifted())))


@given(st.lists(st.tuples(st.sampled_from(NOVELTY_VERDICTS), st.sampled_from(KINDS)), max_size=4))
def test_the_sensor_of_novelty_fires_on_just_the_reports_that_the_study_counts(found: list[tuple[str, str]]) -> None:
    rows = [{**NOVEL, "verdict": verdict, "kind": kind} for verdict, kind in found]

    assert bool(NOVELTY_WATCH.red_rows(rows, "1")) == is_novel(pd.DataFrame(rows, columns=list(NOVEL)))


def test_every_watch_tells_columns_that_its_report_has() -> None:
    for watch in watches(LEVEL):
        assert set(watch.columns) <= set(watch.report.names)
        assert watch.report.partition == "day"


def test_every_red_day_of_a_backfill_is_seen_though_the_newest_is_calm() -> None:
    reports = {"2026-06-01": RED, "2026-06-02": CALM, "2026-06-03": RED, "2026-06-04": CALM}

    found = reds(reports, *(seen(day, event) for event, day in enumerate(reports)))

    assert found == ["2026-06-01", "2026-06-03"]


def test_a_day_that_was_made_twice_counts_as_it_is_now() -> None:
    found = red_reports(
        DRIFT_WATCH, [], [seen("2026-06-01", 7), seen("2026-06-01", 9)], champion="1", rows_of=lambda _: RED
    )

    assert [red.seen.event for red in found] == [9]


def test_a_waiting_report_waits_on_while_no_later_day_is_calm() -> None:
    reports = {"2026-06-01": RED, "2026-06-02": RED}

    assert reds(reports, waiting=(seen("2026-06-01"),)) == ["2026-06-01"]
    assert reds(reports, seen("2026-06-02", 2), waiting=(seen("2026-06-01"),)) == ["2026-06-01", "2026-06-02"]


def test_a_waiting_report_has_passed_once_a_later_day_is_calm() -> None:
    reports = {"2026-06-01": RED, "2026-06-02": CALM}

    assert reds(reports, seen("2026-06-02", 2), waiting=(seen("2026-06-01"),)) == []


def test_a_waiting_report_waits_on_while_later_days_have_no_verdict() -> None:
    reports = {"2026-06-01": RED, "2026-06-02": UNDECIDED, "2026-06-03": []}
    later = [seen("2026-06-02", 2), seen("2026-06-03", 3)]

    assert reds(reports, *later, waiting=(seen("2026-06-01"),)) == ["2026-06-01"]


def test_a_calm_report_about_another_version_lets_nothing_pass() -> None:
    reports = {"2026-06-01": RED, "2026-06-02": [drifted(verdict="ok", model_version="0")]}

    assert reds(reports, seen("2026-06-02", 2), waiting=(seen("2026-06-01"),)) == ["2026-06-01"]


def test_a_calm_report_of_an_earlier_day_says_nothing_of_a_later_one() -> None:
    reports = {"2026-06-01": CALM, "2026-06-02": RED}

    assert reds(reports, seen("2026-06-01", 2), waiting=(seen("2026-06-02"),)) == ["2026-06-02"]


def test_a_waiting_report_that_was_made_against_an_older_champion_is_dropped() -> None:
    assert reds({"2026-06-01": RED}, waiting=(seen("2026-06-01"),), champion="2") == []


def test_the_finding_names_the_strongest_first_and_no_more_than_fit() -> None:
    rows = [drifted(f"feature_{n}", statistic=n / 10) for n in range(8)]
    red = RedReport(seen("2026-06-02"), DRIFT_WATCH.red_rows(rows, "1"))

    said = DRIFT_WATCH.finding([RedReport(seen("2026-06-01"), red.rows), red])

    assert said.startswith("drift_report of 2026-06-02 (and 1 other day) finds 8 drifted features: feature_7, ")
    assert said.endswith("feature_3 ….")


def test_the_evidence_is_short_plain_data_with_the_report_that_was_seen() -> None:
    rows = DRIFT_WATCH.red_rows([drifted(f"feature_{n}") for n in range(8)], "1")
    many = [RedReport(seen(f"2026-06-{day:02d}", day), rows) for day in range(1, 29)]

    told = json.loads(json.dumps(DRIFT_WATCH.evidence(many)))

    assert (told["report"], told["day"], told["run"]) == ("drift_report", "2026-06-28", "run 28")
    assert (told["findings"], len(told["strongest"])) == (8, SHOWN_FINDINGS)
    assert told["days"] == [f"2026-06-{day}" for day in range(29 - SHOWN_DAYS, 29)]
    assert set(told["strongest"][0]) == set(DRIFT_WATCH.columns)
