"""The asset of the performance report: how good predictions turned out, and whether the model got worse."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from churn_assets.errors import RegistryError
from churn_assets.labels.tables import CHURN_LABELS
from churn_assets.lake.frames import read_frame
from churn_assets.lake.lake import Scan
from churn_assets.monitoring.causes import causes, has_dropped
from churn_assets.monitoring.performance.span import days_seen
from churn_assets.monitoring.tables import PERFORMANCE_REPORT, REPLACED
from churn_assets.registry.tracking import MONITORING
from churn_assets.resources.checks import contract_check, run_keys
from churn_assets.resources.lake_asset import RECENT, Table, lake_asset
from churn_assets.resources.lake_io import Landed, Product, Report
from churn_assets.resources.metadata import Metadata, markdown_table
from churn_assets.resources.model_store import ModelStoreResource
from churn_assets.resources.partitions import Calendar, calendar
from churn_assets.resources.plots import picture
from churn_assets.resources.storage import LakeResource
from churn_assets.scoring.tables import CHURN_SCORES
from churn_assets.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

    from churn_assets.monitoring.performance.production import Production
    from churn_assets.monitoring.performance.watch import VersionState, Watch
    from churn_assets.registry.registry import ModelRegistry
    from churn_assets.registry.tracking import Tracking

GROUP = "monitoring"
FOLDER = "performance"
NO_DROP = "no_drop"
SHOWN = ("cutoff", "metric", "kind", "value", "low", "high", "production", "estimator_error", "p_value", "verdict")
SHOWN_METRICS = ("roc_auc", "log_loss", "base_rate")


def performance_assets(settings: Settings) -> Sequence[dg.AssetsDefinition | dg.AssetChecksDefinition]:
    """The performance report, its contract, and the check that turns yellow when the model got worse."""
    dates = calendar(settings)
    return (
        _performance_report(dates, settings),
        contract_check(PERFORMANCE_REPORT, dates.days),
        _no_drop(dates, settings.performance_level),
    )


def _performance_report(dates: Calendar, settings: Settings) -> dg.AssetsDefinition:
    seen = days_seen(dates.schedule)
    table = Table(
        contract=PERFORMANCE_REPORT,
        group=GROUP,
        code_version=f"1-{dates.schedule.horizon_days}-{settings.performance_level}-{settings.seed}",
        description=(
            "How good each model version is at the cut-offs that it never learned from, as known at the end of a day: "
            "estimated from the probabilities before labels are mature, realised once they are, beside its promotion "
            "test; and whether it got worse beyond chance. A cut-off that has no labels yet is never judged."
        ),
        kinds=frozenset({"mlflow", "parquet"}),
        possible=RECENT,
    )
    reads = {
        CHURN_SCORES.table: dates.cutoffs_before_day(seen),
        CHURN_LABELS.table: dates.cutoffs_before_day(seen, matured=True),
    }

    @lake_asset(table, dates.days, reads)
    def performance_report(
        context: dg.AssetExecutionContext, models: ModelStoreResource, *, churn_scores: Scan, churn_labels: Scan
    ) -> Product:
        from churn_assets.monitoring.performance.report import report

        days = [date.fromisoformat(key) for key in context.partition_keys]
        registry = models.registry()
        watch, unknown = _watch(churn_scores, churn_labels, registry=registry, settings=settings)
        rows = report(watch, days)
        notes = _notes(registry, watch, days[-1], unknown=unknown)
        publication = Publication(settings.reports / FOLDER, registry.tracking, context.run.run_id)
        return Product(rows, _published(watch, rows, publication, notes=notes))

    return performance_report


def _watch(scores: Scan, labels: Scan, *, registry: "ModelRegistry", settings: Settings) -> "tuple[Watch, list[str]]":
    """What there is to watch, and the versions that scored but are no longer registered."""
    from churn_assets.monitoring.performance.cohort import LABELLED, SCORED, cohorts
    from churn_assets.monitoring.performance.decline import Jury
    from churn_assets.monitoring.performance.watch import Watch
    from churn_assets.training.bootstrap import Resampling

    schedule = settings.cutoffs
    found = cohorts(read_frame(scores, SCORED), read_frame(labels, LABELLED), horizon_days=schedule.horizon_days)
    productions: dict[str, Production] = {}
    unknown: list[str] = []
    for number in sorted({cohort.version for cohort in found}):
        try:
            productions[number] = _production(registry, number)
        except RegistryError:
            unknown.append(number)
    jury = Jury(schedule, settings.performance_level, Resampling(seed=settings.seed))
    return Watch(found, productions, jury), unknown


def _production(registry: "ModelRegistry", number: str) -> "Production":
    """The promotion test of a version; RegistryError if it is not registered."""
    from churn_assets.monitoring.performance.production import Production
    from churn_assets.training.evaluation import Evaluation

    version = registry.version(number)
    evaluation = Evaluation.from_json(registry.open(version).evaluation)
    return Production.of(number, evaluation, last_label_day=version.last_label_day)


def _notes(registry: "ModelRegistry", watch: "Watch", day: date, *, unknown: Sequence[str]) -> str:
    """What the table of the newest day cannot say: a champion that has not scored yet, versions that are gone."""
    from churn_assets.monitoring.performance.watch import VersionState
    from churn_assets.monitoring.performance.words import waiting
    from churn_assets.registry.registry import CHAMPION

    notes = [f"Version {number} has scored, but is not registered (any more): not reported." for number in unknown]
    champion = registry.find(CHAMPION)
    reported = {state.production.version for state in watch.states(day)}
    if champion is not None and champion.number not in reported:
        waits = waiting(watch, VersionState(_production(registry, champion.number)))
        notes.append(f"The champion, version {champion.number}, has no honest cut-off yet. {waits}")
    return " ".join(notes)


@dataclass(frozen=True)
class Publication:
    """Where a report goes beside the lake: the folder of CSV files, MLflow, and the Dagster run that made it."""

    folder: Path
    tracking: "Tracking"
    dagster_run_id: str


def _published(watch: "Watch", rows: "pd.DataFrame", publication: Publication, *, notes: str) -> Report:
    """Write a CSV file a day, log the newest day in MLflow, and show it all: plot and table of the newest day."""

    def publish(landed: Landed) -> Mapping[str, Metadata]:
        from churn_assets.monitoring.performance.csv_file import write_csv
        from churn_assets.monitoring.performance.tracking_run import Logged, log_report

        keys = landed.scan.keys
        said: dict[str, Metadata] = {}
        for key in keys:
            part, states = rows[rows["day"] == key], watch.states(date.fromisoformat(key))
            csv = write_csv(part, publication.folder / f"{key}.csv")
            said[key] = {**_found(watch, states), "csv": dg.MetadataValue.path(str(csv.resolve()))}
        newest = keys[-1]
        tags = {"dagster_run_id": publication.dagster_run_id, "verdict": str(said[newest]["verdict"])}
        run_id = log_report(publication.tracking, Logged(date.fromisoformat(newest), part, csv, tags))
        page = publication.tracking.run_page(run_id, MONITORING)
        said[newest] = {**said[newest], **_pictured(part, states), "mlflow_run": dg.MetadataValue.url(page)}
        if notes:
            said[newest] = {**said[newest], "notes": notes}
        return said

    return publish


def _found(watch: "Watch", states: "Sequence[VersionState]") -> Metadata:
    """The verdict of a day and what it rests on."""
    from churn_assets.monitoring.performance.words import compared, told, verdict_of

    outside = [is_off for state in states for _, is_off in compared(watch, state)]
    return {
        "verdict": verdict_of(states),
        "reason": told(watch, states),
        "cutoffs": sum(len(state.cohorts) for state in states),
        "mature_cutoffs": sum(len(state.labelled) for state in states),
        "estimates_compared": len(outside),
        "estimates_off": sum(outside),
    }


def _pictured(rows: "pd.DataFrame", states: "Sequence[VersionState]") -> Metadata:
    """Plot of the version that scores today, and its tested metrics as a table."""
    from churn_assets.monitoring.performance.chart import panels

    state = next((state for state in states if state.verdict != REPLACED), None)
    if state is None:
        return {}
    own = rows[(rows["model_version"] == state.production.version) & (rows["target"] == state.production.target)]
    shown = own[own["metric"].isin(SHOWN_METRICS)].astype({"cutoff": str})
    cells = shown[list(SHOWN)].astype(object).where(shown[list(SHOWN)].notna(), None)
    table = markdown_table(SHOWN, cells.to_numpy().tolist())
    return {"plot": picture(panels(own), size=(4.6, 2.6)), "table": dg.MetadataValue.md(table)}


def _no_drop(dates: Calendar, level: float) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=dg.AssetKey(PERFORMANCE_REPORT.table),
        name=NO_DROP,
        blocking=False,
        description="Warns when a day's report says that the version that scored then got worse; says which days.",
    )
    def no_drop(context: dg.AssetCheckExecutionContext, storage: LakeResource) -> dg.AssetCheckResult:
        rows = read_frame(storage.lake.scan(PERFORMANCE_REPORT, run_keys(context.run.tags, dates.days)))
        fallen = causes(rows, partial(has_dropped, level=level))
        days = sorted({day.date().isoformat() for day in fallen["day"]})
        versions = ", ".join(sorted(set(fallen["model_version"])))
        smallest = fallen.groupby("metric")["p_value"].min()
        found = {str(metric): float(p_value) for metric, p_value in smallest.items()}
        return dg.AssetCheckResult(
            passed=fallen.empty,
            severity=dg.AssetCheckSeverity.WARN,
            description=f"Version {versions} got worse on {', '.join(days)}."
            if days
            else "No version got worse beyond chance.",
            metadata={"days": days, "versions": versions, "p_values": dg.MetadataValue.json(found)},
        )

    return no_drop
