"""Which runs keep others from starting."""

import os
import subprocess
import sys
import time
from datetime import timedelta

import dagster as dg
import pytest
from dagster._core.events import EngineEventData

from churn_assets.resources.retrainings import CLAIM_HOLDS, retrainings_of
from churn_assets.resources.runs import ABANDONED_AFTER, HOST, here, in_flight, is_running
from churn_assets_tests.orchestration.aged import aged
from churn_assets_tests.retraining.causes import drifted, retrained
from churn_assets_tests.retraining.watched import DRIFT, FAILURES, Watched


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


def begun(watched: Watched, pid: int, tags: dict[str, str]) -> dg.DagsterRun:
    """A run whose steps a process began to execute just now."""
    run = watched.instance.add_run(dg.DagsterRun("update_days", status=dg.DagsterRunStatus.STARTED, tags=tags))
    watched.instance.report_engine_event("Executing", run, EngineEventData.in_process(pid))
    return run


def status_after_a_look(watched: Watched, run: dg.DagsterRun) -> str:
    """What Dagster says of a run once the failure sensor has looked."""
    watched.tick(FAILURES, None)
    found = watched.instance.get_run_by_id(run.run_id)
    assert found is not None
    return found.status.value


def dead_process() -> int:
    """The number of a process that has ended."""
    return int(
        subprocess.run(
            [sys.executable, "-c", "import os; print(os.getpid())"], stdout=subprocess.PIPE, check=True
        ).stdout
    )


def test_a_run_whose_process_is_gone_has_failed(watched: Watched) -> None:
    assert status_after_a_look(watched, begun(watched, dead_process(), here())) == "FAILURE"


def test_a_run_whose_process_lives_goes_on_however_long_it_takes(watched: Watched) -> None:
    run = begun(watched, os.getpid(), here())
    aged(watched.instance, 2 * ABANDONED_AFTER)

    assert status_after_a_look(watched, run) == "STARTED"
    assert [found.run_id for found in in_flight(watched.instance)] == [run.run_id]


@pytest.mark.parametrize("tags", [{}, {HOST: "another-machine"}])
def test_of_a_process_elsewhere_nothing_is_known_for_half_a_day(tags: dict[str, str], watched: Watched) -> None:
    run = begun(watched, dead_process(), tags)

    assert status_after_a_look(watched, run) == "STARTED"
    aged(watched.instance, ABANDONED_AFTER)
    assert status_after_a_look(watched, run) == "FAILURE"


def test_a_younger_process_with_the_same_number_is_another() -> None:
    assert is_running(os.getpid(), since=time.time()) is True
    assert is_running(os.getpid(), since=time.time() - 86_400.0) is False


def test_a_training_of_our_own_command_keeps_a_retraining_from_starting(watched: Watched) -> None:
    selection = frozenset({dg.AssetKey("challenger_model")})
    run = dg.DagsterRun("training", status=dg.DagsterRunStatus.STARTED, asset_selection=selection)
    watched.instance.add_run(run)

    assert watched.in_flight() == f"Run {run.run_id}, which trains, is in flight."
