"""The sensor that keeps the platform going: what lands flows on, stage by stage, to scores and reports."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from churn_assets.errors import LandingError
from churn_assets.ingest.arrivals import Arrivals, remember
from churn_assets.resources.model_store import ModelStoreResource
from churn_assets.resources.planning import Work, plan
from churn_assets.resources.runner import Range
from churn_assets.resources.runs import in_flight
from churn_assets.resources.stages import FLOWING, NEED_CHAMPION, STAGES
from churn_assets.resources.state import Platform
from churn_assets.resources.storage import LakeResource, LandingResource
from churn_assets.settings import Settings

INTERVAL_SECONDS = 10
CAUSE = "churn_assets/cause"
CAUSE_CHARACTERS = 200
UP_TO_DATE = "What landed is up to date; scores and reports wait while there is no champion."
DESCRIPTIONS = {
    "day": "Logs, events, daily aggregates and reports of some days.",
    "cutoff": "Features, labels and scores of some cut-offs.",
    "table": "Tables that are not split by time.",
}


def flow_jobs() -> list[UnresolvedAssetJobDefinition]:
    """One job for the days, one for the cut-offs and one for the rest, since a run has partitions of one kind."""
    flowing = dg.AssetSelection.groups(*(group for stage in FLOWING for group in STAGES[stage]))
    return [
        dg.define_asset_job(job_name(grain), flowing & dg.AssetSelection.tag("grain", grain), description=description)
        for grain, description in DESCRIPTIONS.items()
    ]


def job_name(grain: str) -> str:
    """Name of the job whose partitions are days (`day`), cut-offs (`cutoff`), or none (`table`)."""
    return f"update_{grain}s"


def landing_sensor(settings: Settings, jobs: Sequence[UnresolvedAssetJobDefinition]) -> dg.SensorDefinition:
    """A sensor that asks for one run per contiguous range of days that files arrived for, then for what follows.

    Stage after stage, as `churn-assets run` does, but for training: features and labels, then scores of cut-offs that
    were never scored, then reports, the last two only with a champion. It waits while a run of ours is in flight, and
    asks for the same work at most once a day, so that a broken file or contract is tried again tomorrow, not every ten
    seconds.
    """

    @dg.sensor(
        name="landing_sensor",
        jobs=jobs,
        minimum_interval_seconds=INTERVAL_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Ingests what lands, then brings features, labels, scores and reports up to date.",
    )
    def sensor(
        context: dg.SensorEvaluationContext, storage: LakeResource, landing: LandingResource, models: ModelStoreResource
    ) -> dg.SensorResult | dg.SkipReason:
        waits = _why_it_waits(context.instance, settings)
        if waits is not None:
            return dg.SkipReason(waits)
        try:
            found = landing.arrivals(storage.lake)
        except LandingError as error:
            return dg.SkipReason(str(error))
        cursor = _cursor(found, context.instance)
        if cursor == context.cursor:
            return dg.SkipReason("Nothing has landed or been materialised since the last look.")
        platform = _platform(context, settings, storage, found)
        requests = [_request(work, platform) for work in next_works(platform, models)]
        return dg.SensorResult(requests, cursor=cursor, skip_reason=None if requests else UP_TO_DATE)

    return sensor


def _why_it_waits(instance: dg.DagsterInstance, settings: Settings) -> str | None:
    if not settings.follow_landing:
        return "Following what lands is turned off (CHURN_FOLLOW_LANDING)."
    if in_flight(instance):
        return "A run is in flight; what it leaves to do is looked at when it has ended."
    return None


def _cursor(found: Arrivals, instance: dg.DagsterInstance) -> str:
    """What the last look depended on: the files that are there, and the newest event of the log."""
    newest = instance.event_log_storage.get_maximum_record_id()
    files = repr([(file.name, file.size, file.version) for file in found.files])
    return f"{hashlib.sha256(files.encode()).hexdigest()[:16]}:{newest}"


def _platform(
    context: dg.SensorEvaluationContext, settings: Settings, storage: LakeResource, found: Arrivals
) -> Platform:
    assert context.repository_def is not None
    read = found.surveyed()
    remember(read, storage.lake)
    graph = context.repository_def.asset_graph
    return Platform(
        graph, context.instance, storage.lake, settings.cutoffs, read.versions(), report_days=settings.report_days
    )


def next_works(platform: Platform, models: ModelStoreResource) -> Sequence[Work]:
    """What there is to do in the first stage that is not up to date; nothing if that one waits for a champion."""
    states = platform.states()
    for stage in FLOWING:
        groups = STAGES[stage]
        staged = [state for state in states if platform.graph.get(dg.AssetKey(state.asset)).group_name in groups]
        works = plan(staged)
        if works:
            return [] if stage in NEED_CHAMPION and models.champion() is None else works
    return []


def _request(work: Work, platform: Platform) -> dg.RunRequest:
    key = f"{datetime.now(UTC).date()}:{work.cause}:{platform.fingerprint}"
    grain = platform.graph.get(dg.AssetKey(work.assets[0])).tags["grain"]
    return dg.RunRequest(
        run_key=key,
        job_name=job_name(grain),
        asset_selection=[dg.AssetKey(asset) for asset in work.assets],
        tags={**Range(work.first, work.last).tags, CAUSE: work.why[:CAUSE_CHARACTERS]},
    )
