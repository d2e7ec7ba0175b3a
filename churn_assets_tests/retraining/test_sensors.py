"""The sensors that turn reports into retrainings, as functions on an instance in memory."""

from datetime import UTC, date, datetime, timedelta

import dagster as dg
import pytest

from churn_assets.contracts.contract import Contract
from churn_assets.monitoring.tables import NOVELTY_REPORT, PERFORMANCE_REPORT
from churn_assets.registry.registry import CHAMPION
from churn_assets.resources.retrainings import REPORT_DAY, REPORT_RUN, TRIGGER, VERDICT, decision_of
from churn_assets.retraining.cursor import Cursor
from churn_assets.retraining.tables import PROMOTION, REFUSAL
from churn_assets_tests.registry.tiny import register
from churn_assets_tests.retraining.causes import drifted, retrained
from churn_assets_tests.retraining.watched import CLOCK, DRIFT, DROP, MATURE, NOVELTY, ONE_DAY, START, Watched

TRAINED = ["training_set", "candidate_models", "challenger_model", "champion_model", "retraining_decision"]
NOVEL = {
    "kind": "unseen category",
    "feature": "browser",
    "value": "Lynx",
    "rows": 40,
    "share": 0.4,
    "threshold": 0.1,
    "n_window": 100,
    "verdict": "novel",
    "model_version": "1",
}
DROPPED = {
    "model_version": "1",
    "cutoff": datetime(2026, 5, 4, tzinfo=UTC).replace(tzinfo=None),
    "target": "churned",
    "metric": "roc_auc",
    "kind": "realised",
    "value": 0.6,
    "n": 500,
    "production": 0.8,
    "p_value": 0.001,
    "verdict": "drop",
}


def test_nothing_fires_on_history_at_the_first_start(watched: Watched) -> None:
    watched.report("2026-06-07", drifted())

    cursor = watched.first(DRIFT)

    assert watched.skipped(DRIFT, cursor) == "No new report."


def test_a_drift_asks_for_one_run_that_retrains_and_says_why(watched: Watched) -> None:
    cursor = watched.first(DRIFT)
    watched.report("2026-06-07", drifted())

    request = watched.asked(DRIFT, cursor)

    assert request.job_name == "retrain"
    assert {*TRAINED} <= {key.to_user_string() for key in request.asset_selection or []}
    assert (request.tags[TRIGGER], request.tags[VERDICT]) == ("data_drift", "retrain")
    assert request.tags[REPORT_DAY] == "2026-06-07"
    assert request.tags["dagster/max_retries"] == "1"
    assert request.run_key == f"data_drift:{request.tags.get(REPORT_RUN, '')}:2026-06-07"


def test_the_run_carries_the_whole_decision(watched: Watched) -> None:
    watched.report("2026-06-07", drifted())

    decision = decision_of(watched.started(watched.asked(DRIFT)))

    assert decision is not None
    assert (decision.champion, decision.newest_mature, decision.as_of) == ("1", MATURE, CLOCK)
    assert decision.reason == (
        "drift_report of 2026-06-07 finds 1 drifted features: device. Labels are mature up to cut-off 2026-05-04."
    )
    assert decision.evidence["strongest"][0]["statistic"] == 0.5


@pytest.mark.parametrize(
    ("sensor", "table", "row"), [(NOVELTY, NOVELTY_REPORT, NOVEL), (DROP, PERFORMANCE_REPORT, DROPPED)]
)
def test_novelty_and_a_drop_of_performance_do_the_same(
    sensor: str, table: Contract, row: dict[str, object], watched: Watched
) -> None:
    watched.report("2026-06-07", {**row, "verdict": "ok"}, table=table)
    assert "none of them red" in watched.skipped(sensor)

    watched.report("2026-06-07", row, table=table)

    assert watched.asked(sensor).tags[TRIGGER] == sensor.removesuffix("_sensor")


def test_every_drifted_day_of_a_backfill_is_seen_in_one_retraining(watched: Watched) -> None:
    for day in ("2026-06-01", "2026-06-03"):
        watched.report(day, drifted())
    for day in ("2026-06-02", "2026-06-05", "2026-06-07"):
        watched.report(day, drifted(verdict="ok"))

    decision = decision_of(watched.started(watched.asked(DRIFT)))

    assert decision is not None
    assert decision.evidence["days"] == ["2026-06-01", "2026-06-03"]


def test_while_a_retraining_is_in_flight_the_cursor_stays(watched: Watched) -> None:
    watched.report("2026-06-06", drifted())
    watched.asked(DRIFT)
    watched.report("2026-06-07", drifted())

    assert isinstance(watched.tick(DRIFT, START), dg.SkipReason)


@pytest.mark.parametrize("status", ["NOT_STARTED", "STARTING", "STARTED", "CANCELING"])
def test_one_retraining_at_a_time_whoever_started_it(status: str, watched: Watched) -> None:
    watched.report("2026-06-07", drifted())
    watched.report("2026-06-07", NOVEL, table=NOVELTY_REPORT)
    watched.started(watched.asked(DRIFT), status)

    assert "is in flight" in watched.skipped(NOVELTY)


def test_a_failed_run_that_will_be_retried_is_still_in_flight(watched: Watched) -> None:
    watched.report("2026-06-07", drifted())
    failed = watched.started(watched.asked(DRIFT), "FAILURE", **{"dagster/will_retry": "true"})
    assert "is in flight" in str(watched.in_flight())

    watched.instance.add_run_tags(failed.run_id, {"dagster/auto_retry_run_id": "another"})

    assert watched.in_flight() is None


def test_two_triggers_in_the_same_moment_start_one_retraining(watched: Watched) -> None:
    watched.report("2026-06-07", drifted())
    watched.report("2026-06-07", NOVEL, table=NOVELTY_REPORT)

    request = watched.asked(DRIFT)
    assert watched.skipped(NOVELTY) == "A retraining (data_drift) is about to start."
    watched.done(request, outcome=REFUSAL)

    assert watched.asked(NOVELTY).job_name == "record_decision"


def test_a_cause_that_was_answered_is_told_once_as_such(watched: Watched) -> None:
    watched.report("2026-06-06", drifted())
    watched.done(watched.asked(DRIFT), outcome=REFUSAL)
    watched.report("2026-06-07", drifted())

    request = watched.asked(DRIFT)
    said = watched.done(request)

    assert (request.job_name, said.verdict) == ("record_decision", "no cause")
    assert request.asset_selection == [dg.AssetKey("retraining_decision")]
    assert "another one could only say the same" in watched.skipped(DRIFT)


def test_a_drift_that_persists_is_retrained_for_again_once_a_cutoff_has_matured(watched: Watched) -> None:
    watched = watched.told(cooldown_hours=0)
    watched.report("2026-06-07", drifted())
    watched.done(watched.asked(DRIFT), outcome=REFUSAL)
    watched.land(CLOCK + 7 * ONE_DAY)
    watched.report("2026-06-14", drifted())

    decision = decision_of(watched.started(watched.asked(DRIFT)))

    assert decision is not None
    assert (decision.verdict, decision.newest_mature) == ("retrain", MATURE + 7 * ONE_DAY)


def test_after_a_promotion_reports_about_the_old_champion_cause_nothing(watched: Watched) -> None:
    watched.report("2026-06-06", drifted())
    watched.done(watched.asked(DRIFT), outcome=PROMOTION, champion_after="2")
    watched.registry.point(CHAMPION, register(watched.registry).number)
    watched.report("2026-06-07", drifted())

    assert "none of them red" in watched.skipped(DRIFT)


def test_a_champion_that_drifts_from_the_start_waits_for_new_labels(watched: Watched) -> None:
    watched.report("2026-06-06", drifted())
    watched.done(watched.asked(DRIFT), outcome=PROMOTION, champion_after="2")
    watched.registry.point(CHAMPION, register(watched.registry).number)
    watched.report("2026-06-07", drifted(model_version="2"))

    assert watched.done(watched.asked(DRIFT)).verdict == "no cause"


def test_in_the_cool_down_a_cause_is_recorded_once_and_waits(watched: Watched) -> None:
    watched.recorded(retrained(at=datetime.now(UTC) - timedelta(hours=1), newest_mature=date(2026, 4, 27)))
    watched.report("2026-06-07", drifted())

    (request,), cursor = watched.requests(DRIFT, START)
    assert watched.done(request).verdict == "cool-down"
    watched.report("2026-06-08", drifted())
    requests, later = watched.requests(DRIFT, cursor)

    assert requests == []
    assert [seen.day for seen in Cursor.read(later).waiting] == ["2026-06-07", "2026-06-08"]


def test_a_cause_that_waited_is_retrained_for_when_the_cool_down_is_over(watched: Watched) -> None:
    watched.recorded(retrained(at=datetime.now(UTC) - timedelta(hours=1), newest_mature=date(2026, 4, 27)))
    watched.report("2026-06-07", drifted())
    (request,), cursor = watched.requests(DRIFT, START)
    watched.done(request)

    (again,), left = watched.told(cooldown_hours=0.5).requests(DRIFT, cursor)

    assert again.job_name == "retrain"
    assert Cursor.read(left).waiting == ()


def test_a_cause_that_passed_in_the_cool_down_is_forgotten(watched: Watched) -> None:
    watched.recorded(retrained(at=datetime.now(UTC) - timedelta(hours=1), newest_mature=date(2026, 4, 27)))
    watched.report("2026-06-07", drifted())
    (request,), cursor = watched.requests(DRIFT, START)
    watched.done(request)
    watched.report("2026-06-08", drifted(verdict="ok"))

    (requests, left) = watched.told(cooldown_hours=0.5).requests(DRIFT, cursor)

    assert requests == []
    assert Cursor.read(left).waiting == ()


def test_the_budget_holds_where_the_cool_down_does_not(watched: Watched) -> None:
    past = [datetime.now(UTC) - timedelta(days=days) for days in (20, 10)]
    for at in past:
        watched.recorded(retrained(at=at, newest_mature=date(2026, 4, 27)))
    watched.report("2026-06-07", drifted())

    frugal = watched.told(cooldown_hours=0, retraining_budget=2)

    assert frugal.done(frugal.asked(DRIFT)).verdict == "budget spent"
    assert frugal.told(retraining_budget=3).asked(DRIFT).job_name == "retrain"


def test_runs_that_recorded_nothing_yet_count_for_the_cool_down(watched: Watched) -> None:
    watched.report("2026-06-07", drifted())
    watched.started(watched.asked(DRIFT), "FAILURE")
    watched.land(CLOCK + 7 * ONE_DAY)
    watched.report("2026-06-14", drifted())

    assert watched.done(watched.asked(DRIFT)).verdict == "cool-down"


def test_a_failed_retraining_is_not_repeated_for_the_same_cause(watched: Watched) -> None:
    watched = watched.told(cooldown_hours=0)
    watched.report("2026-06-06", drifted())
    watched.started(watched.asked(DRIFT), "FAILURE")
    watched.report("2026-06-07", drifted())

    assert "failed for this very cause" in watched.done(watched.asked(DRIFT)).reason


def test_turned_off_nothing_is_decided_and_the_cursor_stays(watched: Watched) -> None:
    off = watched.told(retrain=False)
    watched.report("2026-06-07", drifted())

    assert off.skipped(DRIFT) == "Retraining is turned off (CHURN_RETRAIN)."
    assert watched.told(retrain=True).asked(DRIFT).job_name == "retrain"


def test_the_run_refreshes_the_mature_cutoffs_that_lack_features_or_labels(watched: Watched) -> None:
    watched.report("2026-06-07", drifted())

    request = watched.asked(DRIFT)

    assert {"user_features", "population", "churn_labels"} <= {
        k.to_user_string() for k in request.asset_selection or []
    }
    assert request.tags["dagster/asset_partition_range_start"] == "2026-02-02"
    assert request.tags["dagster/asset_partition_range_end"] == MATURE.isoformat()
