"""The sensor that ingests what lands, and brings everything made from it up to date."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

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


def landing_jobs() -> list[UnresolvedAssetJobDefinition]:
    """One job for the days and one for the cut-offs, since a run has partitions of one kind."""
    stages = dg.AssetSelection.groups(*STAGES)
    descriptions = {
        "day": "Logs, events and daily aggregates of some days.",
        "cutoff": "Features and labels of some cut-offs.",
    }
    return [
        dg.define_asset_job(job_name(grain), stages & dg.AssetSelection.tag("grain", grain), description=description)
        for grain, description in descriptions.items()
    ]


def job_name(grain: str) -> str:
    """Name of the job whose partitions are days (`day`) or cut-offs (`cutoff`)."""
    return f"update_{grain}s"


def landing_sensor(settings: Settings, jobs: Sequence[UnresolvedAssetJobDefinition]) -> dg.SensorDefinition:
    """A sensor that asks for one run per contiguous range of days that files arrived for, then for their cut-offs.

    It waits while a run of ours is in flight, and asks for the same work at most once a day, so that a
    broken file or contract is tried again tomorrow, not every half minute.
    """

    @dg.sensor(
        name="landing_sensor",
        jobs=jobs,
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Ingests new and changed landing files, then brings what is made from them up to date.",
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
    lake, cutoffs = storage.lake, settings.cutoffs
    platform = Platform(graph, context.instance, lake, cutoffs, read.versions(), settings.report_days)
    staged = [state for state in platform.states() if graph.get(dg.AssetKey(state.asset)).group_name in STAGES]
    return [_request(work, platform) for work in plan(staged)]


def _request(work: Work, platform: Platform) -> dg.RunRequest:
    key = f"{datetime.now(UTC).date()}:{work.cause}:{platform.fingerprint}"
    grain = platform.graph.get(dg.AssetKey(work.assets[0])).tags["grain"]
    return dg.RunRequest(
        run_key=key,
        job_name=job_name(grain),
        asset_selection=[dg.AssetKey(asset) for asset in work.assets],
        tags={**Range(work.first, work.last).tags, CAUSE: work.why[:CAUSE_CHARACTERS]},
    )
