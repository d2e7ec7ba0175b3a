"""The sensor that ingests what lands, and brings everything made from it up to date."""

import hashlib
from datetime import UTC, datetime

import dagster as dg

from churn_assets.errors import LandingError
from churn_assets.ingest.arrivals import Arrivals, remember
from churn_assets.resources.planning import Work, plan
from churn_assets.resources.runner import Range
from churn_assets.resources.state import Platform
from churn_assets.resources.storage import LakeResource, LandingResource
from churn_assets.settings import Settings

STAGES = ("ingest", "features", "labels")
CAUSE = "churn_assets/cause"
CAUSE_CHARACTERS = 200
IN_FLIGHT = (
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
)


def landing_sensor(settings: Settings) -> dg.SensorDefinition:
    """A sensor that asks for one run per contiguous range of days that files arrived for, then for their cut-offs.

    It waits while a run of ours is in flight, and asks for the same work at most once a day, so that a
    broken file or contract is tried again tomorrow, not every half minute.
    """

    @dg.sensor(
        name="landing_sensor",
        target=dg.AssetSelection.groups(*STAGES),
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Ingests new and changed landing files, then brings features and labels of the touched cut-offs up to date.",
    )
    def sensor(
        context: dg.SensorEvaluationContext, storage: LakeResource, landing: LandingResource
    ) -> dg.SensorResult | dg.SkipReason:
        if context.instance.get_runs_count(dg.RunsFilter(statuses=list(IN_FLIGHT))):
            return dg.SkipReason("A run is in flight; what it leaves to do is looked at when it has ended.")
        try:
            found = landing.arrivals(storage.lake)
        except LandingError as error:
            return dg.SkipReason(str(error))
        cursor = _cursor(found, context.instance)
        if cursor == context.cursor:
            return dg.SkipReason("Nothing has landed or been materialised since the last look.")
        requests = _requests(context, settings, storage, found)
        reason = None if requests else "Everything that landed is up to date."
        return dg.SensorResult(requests, cursor=cursor, skip_reason=reason)

    return sensor


def _cursor(found: Arrivals, instance: dg.DagsterInstance) -> str:
    """What the last look depended on: the files that are there, and the newest event of the log."""
    newest = instance.event_log_storage.get_maximum_record_id()
    files = repr([(file.name, file.size, file.version) for file in found.files])
    return f"{hashlib.sha256(files.encode()).hexdigest()[:16]}:{newest}"


def _requests(
    context: dg.SensorEvaluationContext, settings: Settings, storage: LakeResource, found: Arrivals
) -> list[dg.RunRequest]:
    assert context.repository_def is not None
    read = found.surveyed()
    remember(read, storage.lake)
    graph = context.repository_def.asset_graph
    platform = Platform(graph, context.instance, storage.lake, settings.cutoffs, read.versions())
    staged = [state for state in platform.states() if graph.get(dg.AssetKey(state.asset)).group_name in STAGES]
    return [_request(work, platform) for work in plan(staged)]


def _request(work: Work, platform: Platform) -> dg.RunRequest:
    key = f"{datetime.now(UTC).date()}:{work.cause}:{platform.fingerprint}"
    return dg.RunRequest(
        run_key=key,
        asset_selection=[dg.AssetKey(asset) for asset in work.assets],
        tags={**Range(work.first, work.last).tags, CAUSE: work.why[:CAUSE_CHARACTERS]},
    )
