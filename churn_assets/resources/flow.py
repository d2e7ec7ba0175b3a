"""The sensor that keeps the platform going: what lands flows on, stage by stage, to scores and reports."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from churn_assets.errors import LandingError, StoreError
from churn_assets.forgetting.journal import why_nothing_may_run
from churn_assets.ingest.arrivals import Arrivals, remember
from churn_assets.resources.model_store import ModelStoreResource
from churn_assets.resources.planning import AssetState, Work, makeable, plan
from churn_assets.resources.prediction_store import StoreResource
from churn_assets.resources.runner import Range
from churn_assets.resources.runs import UNFINISHED, here, in_flight, tried
from churn_assets.resources.stages import FLOWING, NEED_CHAMPION, STAGES
from churn_assets.resources.state import Platform
from churn_assets.resources.storage import LakeResource, LandingResource
from churn_assets.serving.tables import PREDICTION_LOG, SERVED_EVENTS
from churn_assets.settings import Settings

INTERVAL_SECONDS = 10
SERVED_EVERY = timedelta(hours=1)
EXPORT_JOB = "export_served_events"
CAUSE = "churn_assets/cause"
CAUSE_CHARACTERS = 200
UP_TO_DATE = "What landed is up to date; scores and reports wait while there is no champion."
DESCRIPTIONS = {
    "day": "Logs, events, daily aggregates and reports of some days.",
    "cutoff": "Features, labels and scores of some cut-offs.",
}


def flow_jobs() -> list[UnresolvedAssetJobDefinition]:
    """One job for the days and one for the cut-offs, since a run has partitions of one kind; and the export."""
    flowing = dg.AssetSelection.groups(*(group for stage in FLOWING for group in STAGES[stage]))
    exported = dg.AssetSelection.assets(SERVED_EVENTS)
    updates = [
        dg.define_asset_job(job_name(grain), flowing & dg.AssetSelection.tag("grain", grain), description=description)
        for grain, description in DESCRIPTIONS.items()
    ]
    return [
        dg.define_asset_job(EXPORT_JOB, exported, description="Writes what the API was sent to log files."),
        *updates,
    ]


def job_name(grain: str) -> str:
    """Name of the job whose partitions are days (`day`) or cut-offs (`cutoff`)."""
    return f"update_{grain}s"


def landing_sensor(settings: Settings, jobs: Sequence[UnresolvedAssetJobDefinition]) -> dg.SensorDefinition:
    """A sensor that asks for one run per contiguous range of days that files arrived for, then for what follows.

    Stage after stage, as `churn-assets run` does, but for training: features and labels, then scores of cut-offs that
    were never scored, then reports, the last two only with a champion. What the API was sent and said is looked at once
    an hour, since it changes with every request. The sensor waits while a run of ours is in flight, and asks for the
    same work at most once a day, so that a broken file or contract is tried again tomorrow, not every ten seconds.
    """

    @dg.sensor(
        name="landing_sensor",
        jobs=jobs,
        minimum_interval_seconds=INTERVAL_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Ingests what lands and was served, then brings features, labels, scores and reports up to date.",
    )
    def sensor(
        context: dg.SensorEvaluationContext,
        storage: LakeResource,
        landing: LandingResource,
        models: ModelStoreResource,
        predictions: StoreResource,
    ) -> dg.SensorResult | dg.SkipReason:
        waits = _why_it_waits(context.instance, settings)
        if waits is not None:
            return dg.SkipReason(waits)
        look = _Look(context, settings, storage, landing, predictions)
        return look.export() or look.at_what_landed(models)

    return sensor


def _why_it_waits(instance: dg.DagsterInstance, settings: Settings) -> str | None:
    if not settings.follow_landing:
        return "Following what lands is turned off (CHURN_FOLLOW_LANDING)."
    forgotten = why_nothing_may_run(settings.home)
    if forgotten is not None:
        return forgotten
    if in_flight(instance):
        return "A run is in flight; what it leaves to do is looked at when it has ended."
    return None


@dataclass(frozen=True)
class _Look:
    """One look at what has landed and what was served."""

    context: dg.SensorEvaluationContext
    settings: Settings
    storage: LakeResource
    landing: LandingResource
    predictions: StoreResource

    def export(self) -> dg.SensorResult | None:
        """A run that writes served events to the landing folder, if there are any and an hour has passed."""
        if not self._is_due(SERVED_EVENTS) or self._failed_lately(EXPORT_JOB) or not self._has_unexported():
            return None
        key = f"{SERVED_EVENTS}:{datetime.now(UTC):%Y-%m-%dT%H:%M}"
        return dg.SensorResult([dg.RunRequest(run_key=key, job_name=EXPORT_JOB, tags=here())])

    def _has_unexported(self) -> bool:
        try:
            return self.predictions.has_unexported(self.landing)
        except (LandingError, StoreError) as error:
            self.context.log.warning("Served events wait. %s", error)
            return False

    def _is_due(self, asset: str) -> bool:
        """Whether an asset that follows the prediction store has not been made for an hour."""
        event = self.context.instance.get_latest_materialization_event(dg.AssetKey(asset))
        return event is None or datetime.now(UTC).timestamp() - event.timestamp >= SERVED_EVERY.total_seconds()

    def _failed_lately(self, job: str) -> bool:
        """Whether a run of the job failed within the hour, as it does where the landing folder cannot be written to."""
        failed = dg.RunsFilter(job_name=job, statuses=UNFINISHED, updated_after=datetime.now(UTC) - SERVED_EVERY)
        return bool(self.context.instance.get_runs(failed, limit=1))

    def at_what_landed(self, models: ModelStoreResource) -> dg.SensorResult | dg.SkipReason:
        """Runs that bring the first stage that is not up to date up to date."""
        try:
            found = self.landing.arrivals(self.storage.lake)
        except LandingError as error:
            return dg.SkipReason(str(error))
        served = self._served()
        cursor = _cursor(found, served, self.context.instance)
        if cursor == self.context.cursor:
            return dg.SkipReason("Nothing has landed or been materialised since the last look.")
        platform = self._platform(found, served)
        asked = next_works(platform, models)
        requests = [_request(work, platform) for work in asked.works]
        return dg.SensorResult(requests, cursor=cursor, skip_reason=None if requests else asked.why_none)

    def _served(self) -> Mapping[str, str] | None:
        """What the prediction store holds; None, which is to leave it alone, within an hour of the last log of it."""
        if not self._is_due(PREDICTION_LOG.table):
            return None
        return self.predictions.versions_if_there(self.landing.first, self.landing.last)

    def _platform(self, found: Arrivals, served: Mapping[str, str] | None) -> Platform:
        assert self.context.repository_def is not None
        read = found.surveyed()
        remember(read, self.storage.lake)
        return Platform(
            graph=self.context.repository_def.asset_graph,
            instance=self.context.instance,
            lake=self.storage.lake,
            schedule=self.settings.cutoffs,
            landing=read.versions(),
            report_days=self.settings.report_days,
            served=served,
        )


def _cursor(found: Arrivals, served: Mapping[str, str] | None, instance: dg.DagsterInstance) -> str:
    """What the last look depended on: the files that are there, what was served, and the newest event of the log."""
    newest = instance.event_log_storage.get_maximum_record_id()
    seen = repr(([(file.name, file.size, file.version) for file in found.files], sorted((served or {}).items())))
    return f"{hashlib.sha256(seen.encode()).hexdigest()[:16]}:{newest}"


@dataclass(frozen=True)
class Asked:
    """What there is to do now, and the assets whose work failed today and is left for tomorrow."""

    works: Sequence[Work]
    stuck: Sequence[str]

    @property
    def why_none(self) -> str:
        """Why nothing is asked for, if nothing is."""
        if not self.stuck:
            return UP_TO_DATE
        return f"Tried today and not done, to be tried again tomorrow or when something new is there: {self._named}."

    @property
    def _named(self) -> str:
        return ", ".join(dict.fromkeys(self.stuck))


def next_works(platform: Platform, models: ModelStoreResource) -> Asked:
    """What there is to do in the first stage that is not up to date, but for what was tried today.

    Nothing if that stage waits for a champion. Where work of a stage failed, later stages go on with what does not
    need it.
    """
    states, stuck = platform.states(), list[str]()
    for stage in FLOWING:
        works = plan(makeable(_staged(states, platform, stage), states))
        untried = _untried(works, platform)
        if untried:
            waits = stage in NEED_CHAMPION and models.champion() is None
            return Asked([] if waits else untried, stuck)
        stuck += chain.from_iterable(work.assets for work in works)
    return Asked([], stuck)


def _staged(states: Sequence[AssetState], platform: Platform, stage: str) -> list[AssetState]:
    """States of the assets of a stage."""
    groups = STAGES[stage]
    return [state for state in states if platform.graph.get(dg.AssetKey(state.asset)).group_name in groups]


def _untried(works: Sequence[Work], platform: Platform) -> list[Work]:
    """Works that were not tried today."""
    keyed = {_key(work, platform): work for work in works}
    known = tried(platform.instance, list(keyed))
    return [work for key, work in keyed.items() if key not in known]


def _key(work: Work, platform: Platform) -> str:
    """The same for the same work on the same ground on the same day."""
    return f"{datetime.now(UTC).date()}:{work.cause}:{platform.ground(work.assets)}"


def _request(work: Work, platform: Platform) -> dg.RunRequest:
    grain = platform.graph.get(dg.AssetKey(work.assets[0])).tags["grain"]
    return dg.RunRequest(
        run_key=_key(work, platform),
        job_name=job_name(grain),
        asset_selection=[dg.AssetKey(asset) for asset in work.assets],
        tags={**Range(work.first, work.last).tags, CAUSE: work.why[:CAUSE_CHARACTERS], **here()},
    )
