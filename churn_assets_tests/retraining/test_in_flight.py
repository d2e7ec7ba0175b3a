"""Which runs keep others from starting."""

from datetime import timedelta

import dagster as dg
import pytest

from churn_assets.resources.retrainings import CLAIM_HOLDS, retrainings_of
from churn_assets.resources.runs import ABANDONED_AFTER, in_flight
from churn_assets_tests.orchestration.aged import aged
from churn_assets_tests.retraining.causes import drifted, retrained
from churn_assets_tests.retraining.watched import DRIFT, Watched


@pytest.mark.parametrize("status", ["SUCCESS", "FAILURE", "CANCELED"])
def test_a_run_that_has_ended_is_in_nobodys_way(status: str, watched: Watched) -> None:
    watched.instance.add_run(dg.DagsterRun("update_days", status=dg.DagsterRunStatus(status)))

    assert in_flight(watched.instance) == []


def test_a_run_of_another_kind_does_not_keep_a_retraining_from_starting(watched: Watched) -> None:
    watched.instance.add_run(dg.DagsterRun("update_days", status=dg.DagsterRunStatus.STARTED))
    watched.report("2026-06-07", drifted())

    assert len(in_flight(watched.instance)) == 1
    assert watched.asked(DRIFT).job_name == "retrain"


def test_a_run_that_nobody_watches_any_more_blocks_for_half_a_day_at_most(watched: Watched) -> None:
    watched.report("2026-06-07", drifted())
    watched.started(watched.asked(DRIFT))

    aged(watched.instance, ABANDONED_AFTER - timedelta(minutes=1))
    assert "is in flight" in str(watched.in_flight())
    aged(watched.instance, ABANDONED_AFTER + timedelta(minutes=1))

    assert watched.in_flight() is None


def test_a_claim_whose_run_never_came_is_over_after_some_minutes(watched: Watched) -> None:
    known = retrainings_of(watched.settings, watched.instance, watched.storage)
    claimed = retrained(outcome=None)
    known.claim(claimed)

    assert known.in_flight(now=claimed.decided_at + CLAIM_HOLDS - timedelta(seconds=1)) is not None
    assert known.in_flight(now=claimed.decided_at + CLAIM_HOLDS) is None


def test_a_run_that_a_person_starts_in_the_ui_counts_as_a_retraining(watched: Watched) -> None:
    job = watched.repository.get_job("retrain")
    watched.instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED, tags=job.run_tags)

    assert "(asked_for) is in flight" in str(watched.in_flight())
