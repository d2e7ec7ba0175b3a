"""Which rows of the reports set a retraining off."""

import json
from collections.abc import Mapping
from typing import Any

from churn_assets.retraining.evidence import (
    DRIFT_WATCH,
    NOVELTY_WATCH,
    PERFORMANCE_WATCH,
    SHOWN_DAYS,
    SHOWN_FINDINGS,
    WATCHES,
    RedReport,
    Seen,
    red_reports,
)
from churn_assets_tests.retraining.causes import drifted, seen

Reports = Mapping[str, list[Mapping[str, Any]]]
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
    novel = {"verdict": "novel", "model_version": "1", "share": 0.4, "threshold": 0.1}
    drop = {"verdict": "drop", "model_version": "1", "value": 0.6, "production": 0.8}

    assert NOVELTY_WATCH.red_rows([novel, {**novel, "verdict": "ok"}], "1") == (novel,)
    assert PERFORMANCE_WATCH.red_rows([drop, {**drop, "verdict": "not enough data"}], "1") == (drop,)


def test_every_watch_tells_columns_that_its_report_has() -> None:
    for watch in WATCHES:
        assert set(watch.columns) <= set(watch.report.names)
        assert watch.verdict in (watch.report.column("verdict").values or ())
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
