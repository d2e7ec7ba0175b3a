"""The sensors that turn reports into retrainings, and record what came of those that failed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from churn_assets.cutoffs import epoch_day
from churn_assets.ingest.clock import clock_if_landed
from churn_assets.registry.registry import ModelVersion
from churn_assets.resources.model_store import ModelStoreResource
from churn_assets.resources.report_events import rows_by_day, seen_since
from churn_assets.resources.retraining_runs import RECORD, RETRAIN, RETRIED, recording, retraining, run_request
from churn_assets.resources.retrainings import Failure, Retrainings, retrainings_of
from churn_assets.resources.runs import report_abandoned
from churn_assets.resources.state import Platform
from churn_assets.resources.storage import LakeResource
from churn_assets.retraining.cause import Cause, Ground
from churn_assets.retraining.cursor import Cursor
from churn_assets.retraining.decision import Decision
from churn_assets.retraining.evidence import Watch, red_reports, watches
from churn_assets.retraining.policy import Policy
from churn_assets.retraining.refresh import Refresh
from churn_assets.retraining.tables import BUDGET_SPENT, COOL_DOWN, FAILED, MONTHLY_REFRESH
from churn_assets.settings import Settings

INTERVAL_SECONDS = 10
Tick = dg.SensorResult | dg.SkipReason


def retraining_sensors(settings: Settings, jobs: Sequence[UnresolvedAssetJobDefinition]) -> list[dg.SensorDefinition]:
    """One sensor a trigger, and one that records retrainings that failed; all of them run by default."""
    return [
        *(_report_sensor(watch, settings, jobs) for watch in watches(settings.performance_level)),
        _refresh_sensor(settings, jobs),
        _failure_sensor(settings, jobs),
    ]


@dataclass(frozen=True)
class _Desk:
    """Where one tick decides: what it knows of the platform, the past decisions, the policy, the wall clock."""

    context: dg.SensorEvaluationContext
    settings: Settings
    storage: LakeResource
    models: ModelStoreResource
    now: datetime

    @cached_property
    def retrainings(self) -> Retrainings:
        return retrainings_of(self.settings, self.context.instance, self.storage)

    @cached_property
    def clock(self) -> date | None:
        return clock_if_landed(self.storage.lake)

    def ground(self, champion: ModelVersion) -> Ground:
        mature = self.settings.cutoffs.mature(self.clock) if self.clock else []
        return Ground(champion.number, mature[-1] if mature else None)

    def decide(self, cause: Cause) -> Decision:
        policy = Policy(timedelta(hours=self.settings.cooldown_hours), self.settings.retraining_budget)
        return policy.decide(cause, self.retrainings.decisions(), now=self.now)

    def answer(self, decision: Decision, cursor: Cursor, key: str) -> dg.SensorResult:
        """One run that retrains; or one that records why not, unless that has been recorded already."""
        if decision.is_retraining:
            self.retrainings.claim(decision)
            runs = [run_request(retraining(decision, self._states()), RETRAIN, key=key, tags=RETRIED)]
        elif any((known.cause, known.verdict) == (decision.cause, decision.verdict) for known in self._recorded):
            return dg.SensorResult(skip_reason=decision.reason, cursor=cursor.text())
        else:
            runs = [run_request(recording(decision), RECORD, key=f"{key}:{decision.verdict}", tags=RETRIED)]
        return dg.SensorResult(runs, cursor=cursor.text())

    @property
    def _recorded(self) -> list[Decision]:
        return self.retrainings.decisions()

    def _states(self) -> Sequence[Any]:
        assert self.context.repository_def is not None
        graph = self.context.repository_def.asset_graph
        return Platform(graph, self.context.instance, self.storage.lake, self.settings.cutoffs).states()


def _tick(desk: _Desk, start: int, look: Callable[[Cursor], Tick]) -> Tick:
    """What every trigger has in common: history fires nothing, and one retraining at a time.

    While one is in flight, the cursor stays where it is: whatever is reported meanwhile is looked at afterwards.
    """
    if desk.context.cursor is None:
        return dg.SensorResult(skip_reason="What was there before is history.", cursor=Cursor(start).text())
    if not desk.settings.retrain:
        return dg.SkipReason("Retraining is turned off (CHURN_RETRAIN).")
    with desk.retrainings.deciding():
        busy = desk.retrainings.in_flight(now=desk.now)
        return dg.SkipReason(busy) if busy else look(Cursor.read(desk.context.cursor))


def _report_sensor(
    watch: Watch, settings: Settings, jobs: Sequence[UnresolvedAssetJobDefinition]
) -> dg.SensorDefinition:
    @dg.sensor(
        name=f"{watch.trigger}_sensor",
        jobs=jobs,
        minimum_interval_seconds=INTERVAL_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=f"Retrains when a {watch.report.table} finds {watch.noun} of the champion.",
    )
    def sensor(context: dg.SensorEvaluationContext, storage: LakeResource, models: ModelStoreResource) -> Tick:
        desk = _Desk(context, settings, storage, models, datetime.now(UTC))
        start = context.instance.event_log_storage.get_maximum_record_id() or 0
        return _tick(desk, start, lambda cursor: _look_at_reports(desk, watch, cursor))

    return sensor


def _look_at_reports(desk: _Desk, watch: Watch, cursor: Cursor) -> Tick:
    seen = seen_since(desk.context.instance, watch.report, cursor.event)
    if not seen and not cursor.waiting:
        return dg.SkipReason("No new report.")
    champion, moved = desk.models.champion(), cursor.after(seen)
    if champion is None:
        return dg.SensorResult(skip_reason="There is no champion to retrain.", cursor=moved.text())
    rows_of = rows_by_day(desk.storage.lake, watch.report)
    reds = red_reports(watch, cursor.waiting, seen, champion=champion.number, rows_of=rows_of)
    if not reds:
        return dg.SensorResult(skip_reason=f"{len(seen)} new reports, none of them red.", cursor=moved.text())
    cause = Cause(watch.trigger, desk.ground(champion), desk.clock, watch.finding(reds), watch.evidence(reds))
    decision = desk.decide(cause)
    kept = moved.keeping([red.seen for red in reds]) if _waits(decision) else moved
    newest = reds[-1].seen
    return desk.answer(decision, kept, f"{watch.trigger}:{newest.run_id}:{newest.day}")


def _waits(decision: Decision) -> bool:
    """Whether the cause is looked at again when the cool-down is over or the budget allows it."""
    return decision.verdict in (COOL_DOWN, BUDGET_SPENT)


def _refresh_sensor(settings: Settings, jobs: Sequence[UnresolvedAssetJobDefinition]) -> dg.SensorDefinition:
    @dg.sensor(
        name=f"{MONTHLY_REFRESH}_sensor",
        jobs=jobs,
        minimum_interval_seconds=INTERVAL_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=f"Retrains when {settings.refresh_days} days have landed since the last training.",
    )
    def sensor(context: dg.SensorEvaluationContext, storage: LakeResource, models: ModelStoreResource) -> Tick:
        desk = _Desk(context, settings, storage, models, datetime.now(UTC))
        start = 0 if desk.clock is None else epoch_day(desk.clock)
        return _tick(desk, start, lambda cursor: _look_at_the_clock(desk, cursor))

    return sensor


def _look_at_the_clock(desk: _Desk, cursor: Cursor) -> Tick:
    """The cursor holds the data clock of the last look, as a day; while a refresh has to wait, it stays."""
    clock = desk.clock
    if clock is None or epoch_day(clock) == cursor.event:
        return dg.SkipReason("No day has landed since the last look.")
    champion, moved = desk.models.champion(), replace(cursor, event=epoch_day(clock))
    if champion is None:
        return dg.SensorResult(skip_reason="There is no champion to refresh.", cursor=moved.text())
    trained = champion.data_clock or desk.settings.cutoffs.matures_on(champion.last_label_day)
    rule = Refresh(timedelta(days=desk.settings.refresh_days))
    cause = rule.cause(clock, trained, desk.ground(champion), desk.retrainings.decisions())
    if cause is None:
        return dg.SensorResult(skip_reason="The last training is recent enough.", cursor=moved.text())
    decision = desk.decide(cause)
    kept = cursor if _waits(decision) else moved
    return desk.answer(decision, kept, f"{MONTHLY_REFRESH}:{champion.run_id}:{clock}")


def _failure_sensor(settings: Settings, jobs: Sequence[UnresolvedAssetJobDefinition]) -> dg.SensorDefinition:
    @dg.sensor(
        name="retraining_failure_sensor",
        jobs=jobs,
        minimum_interval_seconds=INTERVAL_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Ends runs whose process is gone; records retrainings that failed for good.",
    )
    def sensor(context: dg.SensorEvaluationContext, storage: LakeResource) -> Tick:
        report_abandoned(context.instance)
        known = retrainings_of(settings, context.instance, storage)
        requests = [_failed(failure) for failure in known.unrecorded_failures()]
        return dg.SensorResult(requests, skip_reason=None if requests else "No retraining has failed unrecorded.")

    return sensor


def _failed(failure: Failure) -> dg.RunRequest:
    """The one run that records a failure: its key is the same until Dagster has started it, and it is retried once."""
    run = failure.last
    explanation = f"Run {run.run_id} ended as {run.status.value}: Dagster shows the failed step and why."
    ended = replace(failure.decision, outcome=FAILED, dagster_run=run.run_id, explanation=explanation)
    return run_request(recording(ended), RECORD, key=f"{FAILED}:{failure.first.run_id}", tags=RETRIED)
