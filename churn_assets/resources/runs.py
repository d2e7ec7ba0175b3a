"""Which of Dagster's runs are still going on, and which only seem to, their process being gone."""

import os
import socket
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg

ABANDONED_AFTER = timedelta(hours=12)
"""A run that has not moved for so long is over, unless its process is known to live."""
HOST = "churn_assets/host"
"""Tag of the machine that a run's process is on."""
GOING_ON = (
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
)
Run = dg.DagsterRun
"""A run as Dagster tells it."""
UNFINISHED = (dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED)
"""How a run ends that did not do what it was started for."""
RETRY = "dagster/retry_number"
RUN_KEY = "dagster/run_key"
PROCESSES = Path("/proc")
CLOCK_SLACK_SECONDS = 2.0
GONE = "The process of this run is gone: it was killed, or Dagster's history did not answer it any more."


def here() -> dict[str, str]:
    """The tag of runs whose process is on this machine."""
    return {HOST: socket.gethostname()}


def in_flight(instance: dg.DagsterInstance, tags: Mapping[str, str] | None = None) -> Sequence[dg.DagsterRun]:
    """Runs (with these tags) that have not ended, or that have failed and are about to be retried by the daemon."""
    going_on = instance.get_run_records(dg.RunsFilter(statuses=[*GOING_ON], tags=tags or {}))
    since = datetime.now(UTC) - ABANDONED_AFTER
    failed = dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE], tags=tags or {}, updated_after=since)
    return [
        *(record.dagster_run for record in going_on if not _has_stood_still(record) or _lives(instance, record)),
        *(run for run in instance.get_runs(failed) if run.is_complete_and_waiting_to_retry),
    ]


def report_abandoned(instance: dg.DagsterInstance) -> None:
    """Tell Dagster of runs that can never end, so that they are retried or recorded: they failed.

    Their process is gone from this machine, or nobody knows of it and the run has not moved for ABANDONED_AFTER.
    """
    for record in instance.get_run_records(dg.RunsFilter(statuses=[*GOING_ON])):
        is_alive = _lives(instance, record)
        if is_alive is False:
            instance.report_run_failed(record.dagster_run, GONE)
        elif is_alive is None and _has_stood_still(record):
            instance.report_run_failed(record.dagster_run, f"This run has not moved for {ABANDONED_AFTER}.")


def _has_stood_still(record: dg.RunRecord) -> bool:
    return datetime.now(UTC) - record.update_timestamp >= ABANDONED_AFTER


def _lives(instance: dg.DagsterInstance, record: dg.RunRecord) -> bool | None:
    """Whether the process of a run lives; None if that cannot be said from here.

    A run that somebody started again by hand carries the host of the first one, which need not be its own.
    """
    run = record.dagster_run
    if run.tags.get(HOST) != socket.gethostname() or (run.parent_run_id and RETRY not in run.tags):
        return None
    for found in instance.get_records_for_run(run.run_id, of_type=dg.DagsterEventType.ENGINE_EVENT).records:
        event = found.event_log_entry.dagster_event
        pid = event.event_specific_data.metadata.get("pid") if event else None  # type: ignore[union-attr]
        if pid is not None:
            return is_running(int(str(pid.value)), since=found.event_log_entry.timestamp)
    return None


def is_running(pid: int, *, since: float) -> bool | None:
    """Whether the process that had this number at `since` (seconds of the epoch) runs; None without a `/proc`."""
    if not (PROCESSES / "stat").exists():
        return None
    try:
        told = (PROCESSES / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    state, *fields = told.rpartition(")")[2].split()
    began = _booted() + int(fields[18]) / os.sysconf("SC_CLK_TCK")
    return state not in "ZX" and began <= since + CLOCK_SLACK_SECONDS


def _booted() -> float:
    """When this machine booted, in seconds of the epoch."""
    lines = (PROCESSES / "stat").read_text().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("btime "))


def tried(instance: dg.DagsterInstance, keys: Sequence[str]) -> set[str]:
    """Those of the run keys that a sensor's run was started for already."""
    runs = instance.get_runs(dg.RunsFilter(tags={RUN_KEY: list(keys)})) if keys else []
    return {run.tags[RUN_KEY] for run in runs}
