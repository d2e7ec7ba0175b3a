"""Runs assets in this process, for our own commands and the notebook API."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import dagster as dg
from dagster._core.utils import make_new_run_id
from dagster_shared.error import SerializableErrorInfo

from churn_assets import errors
from churn_assets.errors import ChurnAssetsError, ContractError
from churn_assets.resources.checks import CHECK
from churn_assets.resources.history_store import lost_connections, reason
from churn_assets.resources.progress import SILENCE, Listener, reporting_to
from churn_assets.resources.runs import here

RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"
INTERRUPTED = "DagsterExecutionInterruptedError"
"""What Dagster makes of Ctrl-C."""
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
"""Run configuration that keeps Dagster's log out of the terminal; the event log has it all the same."""


@dataclass(frozen=True)
class RunResult:
    """A run that ended well: its id in Dagster, and the partitions that it wrote by asset."""

    run_id: str
    written: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Range:
    """The first and last partition of a run, both included; empty keys for tables without partitions."""

    first: str = ""
    last: str = ""

    @property
    def tags(self) -> dict[str, str]:
        """Tags that tell Dagster the range."""
        return {RANGE_START: self.first, RANGE_END: self.last} if self.first else {}


@dataclass(frozen=True)
class Request:
    """What to run: assets, and the tags and configuration of the run."""

    assets: Sequence[str]
    tags: Mapping[str, str] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)


def run_assets(
    defs: dg.Definitions,
    assets: Sequence[str],
    span: Range,
    *,
    instance: dg.DagsterInstance,
    progress: Listener | None = None,
) -> RunResult:
    """Materialise `assets` for a range of partitions, with their checks, as one run of this process.

    Raises the error that a step raised, if it is one of ours (ContractError where a contract is broken),
    else ChurnAssetsError with the step's message.
    """
    return carry_out(defs, Request(assets, span.tags), instance=instance, progress=progress)


def carry_out(
    defs: dg.Definitions, request: Request, *, instance: dg.DagsterInstance, progress: Listener | None = None
) -> RunResult:
    """Carry out a request as one run of this process; raises like `run_assets`."""
    keys = [dg.AssetKey(asset) for asset in request.assets]
    job = defs.resolve_implicit_job_def_def_for_assets(keys)
    assert job is not None
    config, run_id = {**QUIET, **request.config}, make_new_run_id()
    with reporting_to(progress or SILENCE), _reporting_lost(instance, run_id):
        result = job.execute_in_process(
            instance=instance,
            asset_selection=keys,
            tags={**request.tags, **here()},
            run_config=config,
            run_id=run_id,
            raise_on_error=False,
        )
    if not result.success:
        raise _error(result)
    written = {key.to_user_string(): _partitions(result, key) for key in keys}
    return RunResult(result.run_id, written)


@contextmanager
def _reporting_lost(instance: dg.DagsterInstance, run_id: str) -> Iterator[None]:
    """Let a run that lost Dagster's history end as failed there, saying why, if the history is back in a moment.

    Otherwise whoever looks next finds that its process is gone (`report_abandoned`).
    """
    try:
        yield
    except lost_connections() as error:
        with suppress(*lost_connections()):
            run = instance.get_run_by_id(run_id)
            if run is not None and not run.is_finished:
                instance.report_run_failed(run, f"This run could not reach Dagster's history: {reason(error)}.")
        raise


def _partitions(result: dg.ExecuteInProcessResult, key: dg.AssetKey) -> tuple[str, ...]:
    events = result.get_asset_materialization_events()
    return tuple(sorted(event.partition or "" for event in events if event.asset_key == key))


def _error(result: dg.ExecuteInProcessResult) -> ChurnAssetsError:
    """What went wrong first."""
    broken = [check for check in result.get_asset_check_evaluations() if not check.passed and check.blocking]
    if broken:
        return _blocked(broken[0], result.run_id)
    raised = next(filter(None, map(_raised, result.all_events)), None)
    return _original(raised) if raised else ChurnAssetsError(f"Run {result.run_id} failed: see it in Dagster.")


def _raised(event: dg.DagsterEvent) -> SerializableErrorInfo | None:
    """The error that an event tells of, if it does."""
    if event.is_step_failure:
        return event.step_failure_data.error
    return event.job_failure_data.error if event.is_job_failure else None


def _blocked(check: dg.AssetCheckEvaluation, run_id: str) -> ChurnAssetsError:
    """What a failed blocking check says, and where the rest of it is."""
    where = (
        f"The check `{check.check_name}` of {check.asset_key.to_user_string()} shows more in Dagster (run {run_id})."
    )
    kind = ContractError if check.check_name == CHECK else ChurnAssetsError
    return kind(f"{check.description} {where}")


def _original(error: SerializableErrorInfo) -> ChurnAssetsError:
    """The error that the step raised, as it was if it is one of ours."""
    while error.cause is not None:
        error = error.cause
    if error.cls_name == INTERRUPTED:
        return ChurnAssetsError("Stopped. What was finished stays; the same command goes on from there.")
    kind = getattr(errors, error.cls_name or "", ChurnAssetsError)
    ours = kind if isinstance(kind, type) and issubclass(kind, ChurnAssetsError) else ChurnAssetsError
    _, _, message = error.message.partition(": ") if kind is ours is not ChurnAssetsError else ("", "", error.message)
    return ours(message.strip())
