"""The sensor that records retrainings which failed for good."""

import dagster as dg

from churn_assets.retraining.tables import FAILED, REFUSAL
from churn_assets_tests.retraining.causes import drifted
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
