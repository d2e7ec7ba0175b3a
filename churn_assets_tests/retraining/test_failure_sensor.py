"""The sensor that records retrainings which failed for good."""

from dataclasses import replace

import dagster as dg

from churn_assets.resources.retrainings import retrainings_of
from churn_assets.retraining.tables import FAILED, NO_CAUSE, REFUSAL
from churn_assets.retraining.tables import NOVELTY as NOVELTY_TRIGGER
from churn_assets_tests.retraining.causes import cause, drifted, retrained
from churn_assets_tests.retraining.watched import DRIFT, FAILURES, Watched


def retried(run: dg.DagsterRun) -> dg.RunRequest:
    """The same again, as the daemon's retry asks for it."""
    tags = {tag: value for tag, value in run.tags.items() if not tag.endswith("_retry_run_id")}
    return dg.RunRequest(job_name=run.job_name, run_config=run.run_config, tags={**tags, "dagster/will_retry": "false"})


def test_a_failure_is_recorded_once_it_is_for_good(watched: Watched) -> None:
    watched.report("2026-06-07", drifted())
    failed = watched.started(watched.asked(DRIFT), "FAILURE", **{"dagster/will_retry": "true"})
    assert watched.skipped(FAILURES) == "No retraining has failed unrecorded."
    watched.instance.add_run_tags(failed.run_id, {"dagster/auto_retry_run_id": "retry"})
    retry = watched.started(retried(failed), "FAILURE")

    request = watched.asked(FAILURES)
    said = watched.done(request)

    assert (said.verdict, said.outcome) == ("retrain", FAILED)
    assert retry.run_id in str(said.explanation)
    assert request.job_name == "record_decision"
    assert watched.skipped(FAILURES) == "No retraining has failed unrecorded."


def test_a_retry_that_ends_well_leaves_no_failure_to_record(watched: Watched) -> None:
    watched.report("2026-06-07", drifted())
    failed = watched.started(watched.asked(DRIFT), "FAILURE", **{"dagster/auto_retry_run_id": "retry"})
    watched.done(retried(failed), outcome=REFUSAL)

    assert watched.skipped(FAILURES) == "No retraining has failed unrecorded."


def test_a_recording_that_fails_is_asked_for_only_once_and_is_no_retraining(watched: Watched) -> None:
    watched.report("2026-06-07", drifted())
    failed = watched.started(watched.asked(DRIFT), "FAILURE")
    request = watched.asked(FAILURES)

    watched.started(request, "FAILURE")

    known = retrainings_of(watched.settings, watched.instance, watched.storage)
    assert request.run_key == f"failed:{failed.run_id}"
    assert watched.skipped(FAILURES) == "No retraining has failed unrecorded."
    assert [run.run_id for run in known.runs()] == [failed.run_id]
    assert [decision.outcome for decision in known.recorded()] == [FAILED]


def test_a_failed_retraining_that_somebody_started_in_the_ui_is_recorded_as_asked_for(watched: Watched) -> None:
    tags = watched.repository.get_job("retrain").tags
    failed = watched.instance.add_run(dg.DagsterRun("retrain", status=dg.DagsterRunStatus.FAILURE, tags=tags))

    said = watched.done(watched.asked(FAILURES))

    assert tags["dagster/max_retries"] == "1"
    assert (said.trigger, said.outcome, said.evidence) == ("asked_for", FAILED, {"asked_in": failed.run_id})
    assert watched.skipped(FAILURES) == "No retraining has failed unrecorded."


def test_a_decision_that_another_run_was_to_record_is_not_lost(watched: Watched) -> None:
    watched.report("2026-06-07", drifted())
    watched.started(watched.asked(DRIFT), "FAILURE")
    watched.started(watched.asked(FAILURES), "FAILURE")
    other = retrained(cause(NOVELTY_TRIGGER), outcome=None)

    with_lake = watched.recording(replace(other, verdict=NO_CAUSE))

    assert [(decision.trigger, decision.outcome) for decision in with_lake] == [
        ("data_drift", FAILED),
        (NOVELTY_TRIGGER, None),
    ]
