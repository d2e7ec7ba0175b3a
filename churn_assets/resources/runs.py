"""Which of Dagster's runs are still going on."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import dagster as dg

ABANDONED_AFTER = timedelta(hours=12)
"""A run that has not moved for so long belongs to a process that was killed together with whoever watched it."""
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


def in_flight(instance: dg.DagsterInstance, tags: Mapping[str, str] | None = None) -> Sequence[dg.DagsterRun]:
    """Runs (with these tags) that have not ended, or that have failed and are about to be retried by the daemon."""
    since = datetime.now(UTC) - ABANDONED_AFTER
    wanted = [*GOING_ON, dg.DagsterRunStatus.FAILURE]
    found = instance.get_runs(dg.RunsFilter(statuses=wanted, tags=tags or {}, updated_after=since))
    return [run for run in found if run.status in GOING_ON or run.is_complete_and_waiting_to_retry]
