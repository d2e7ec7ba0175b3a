"""The assets that watch the model's inputs: drift and novelty, day by day."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from churn_assets.contracts.contract import Contract
from churn_assets.cutoffs import midnight
from churn_assets.features.catalogue import CATALOGUE
from churn_assets.features.tables import USER_FEATURES
from churn_assets.labels.tables import POPULATION
from churn_assets.lake.frames import read_frame
from churn_assets.lake.lake import Scan
from churn_assets.monitoring.drift.daily import SpanReport, span_reports, with_pages
from churn_assets.monitoring.drift.publication import Published, Publisher, counts
from churn_assets.monitoring.drift.report import Rule
from churn_assets.monitoring.files import ReportFiles
from churn_assets.monitoring.log_age import LogAge
from churn_assets.monitoring.novelty.report import UNSEEN_LISTENERS, NoveltyRule, Training
from churn_assets.monitoring.reference import Reference
from churn_assets.monitoring.tables import DRIFT, DRIFT_REPORT, NOVEL, NOVELTY_REPORT
from churn_assets.monitoring.watched import Watched
from churn_assets.monitoring.window import scored_rows, served_rows, stacked
from churn_assets.registry.tables import CHAMPION_MODEL
from churn_assets.resources.checks import contract_check, run_keys
from churn_assets.resources.drift_views import by_movement, drift_table, movers_chart
from churn_assets.resources.lake_asset import RECENT, Table, lake_asset
from churn_assets.resources.lake_io import Product
from churn_assets.resources.metadata import Metadata, markdown_table
from churn_assets.resources.model_store import ModelStoreResource
from churn_assets.resources.partitions import Calendar, calendar
from churn_assets.resources.storage import LakeResource
from churn_assets.serving.tables import PREDICTION_LOG
from churn_assets.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

    from churn_assets.registry.registry import ModelRegistry

GROUP = "monitoring"
MLFLOW_RUN = "mlflow_run_id"
SHOWN_NOVELTIES = 15


def monitoring_assets(settings: Settings) -> Sequence[dg.AssetsDefinition | dg.AssetChecksDefinition]:
    """Drift and novelty, each with the check of its contract and one that warns."""
    dates = calendar(settings)
    return (
        _drift_report(dates, settings),
        _novelty_report(dates, settings),
        contract_check(DRIFT_REPORT, dates.days),
        contract_check(NOVELTY_REPORT, dates.days),
        _warning(DRIFT_REPORT, "no_drift", dates, _drifted),
        _warning(NOVELTY_REPORT, "nothing_novel", dates, _novel),
    )


def _drift_report(dates: Calendar, settings: Settings) -> dg.AssetsDefinition:
    rule = Rule(
        ks=settings.drift_ks,
        psi=settings.drift_psi,
        least_rows=settings.drift_min_rows,
        level=settings.drift_level,
        seed=settings.seed,
    )
    table = Table(
        contract=DRIFT_REPORT,
        group=GROUP,
        code_version=_version(settings, rule),
        description=(
            "How far the inputs of the model have moved: each feature of the days' scores and predictions against the "
            "rows that the champion was trained on. A verdict of drift that no calendar explains starts a retraining."
        ),
        kinds=frozenset({"mlflow", "parquet"}),
        possible=RECENT,
        after=(CHAMPION_MODEL.table,),
    )

    @lake_asset(table, dates.days, _reads(dates, settings))
    def drift_report(
        context: dg.AssetExecutionContext,
        models: ModelStoreResource,
        *,
        user_features: Scan,
        population: Scan,
        prediction_log: Scan,
    ) -> Product:
        registry = models.registry()
        watched = _watched(settings, registry, Inputs(user_features, population, prediction_log))
        made = span_reports(watched, _days(context), CATALOGUE.features, rule)
        publisher = Publisher(ReportFiles(settings.reports / "drift"), registry.tracking, context.run.run_id)
        said = dict(_published(made, publisher))
        return Product(_joined(one.of(day) for one in made for day in one.span.days), lambda _landed: said)

    return drift_report


def _published(made: Sequence[SpanReport], publisher: Publisher) -> Iterator[tuple[str, Metadata]]:
    """Publish every day's report; gives what the UI says of each, by partition key."""
    paged = with_pages(made)
    for one in made:
        page = publisher.page(one.span.newest, one.page) if one in paged else None
        for day in one.span.days:
            report = one.of(day)
            published = publisher.publish(day, report, page)
            said = _drift_metadata(report, published, page)
            if page is not None and day == one.span.newest:
                said["worst_movers"] = movers_chart(report, one.baseline.rows, one.span.window)
            yield day.isoformat(), said


def _drift_metadata(report: "pd.DataFrame", published: Published, page: Path | None) -> dict[str, Any]:
    worst = by_movement(report)["feature"].iloc[0]
    links = {
        "csv": dg.MetadataValue.path(str(published.csv.resolve())),
        "mlflow_run": dg.MetadataValue.url(published.run.page),
        MLFLOW_RUN: published.run.run_id,
    }
    shown = {"evidently": dg.MetadataValue.path(str(page.resolve()))} if page else {}
    about = {"worst_mover": worst, "model_version": report["model_version"].iloc[0]}
    return {**counts(report), **about, "features_table": drift_table(report), **links, **shown}


def _novelty_report(dates: Calendar, settings: Settings) -> dg.AssetsDefinition:
    rule = NoveltyRule(
        share=settings.novel_share,
        listeners=settings.novel_listeners,
        least_rows=settings.drift_min_rows,
        level=settings.drift_level,
    )
    table = Table(
        contract=NOVELTY_REPORT,
        group=GROUP,
        code_version=_version(settings, rule),
        description=(
            "What the model was asked about that the champion's training never saw: categories, values beyond the "
            "range of its rows, listeners; and whether there is enough of it to train again."
        ),
        kinds=frozenset({"parquet"}),
        possible=RECENT,
        after=(CHAMPION_MODEL.table,),
    )

    @lake_asset(table, dates.days, _reads(dates, settings))
    def novelty_report(
        context: dg.AssetExecutionContext,
        models: ModelStoreResource,
        *,
        user_features: Scan,
        population: Scan,
        prediction_log: Scan,
    ) -> Product:
        watched = _watched(settings, models.registry(), Inputs(user_features, population, prediction_log))
        training = Training(watched.reference.rows, watched.reference.schema)
        files = ReportFiles(settings.reports / "novelty")
        reports, said = [], {}
        for span in watched.spans(_days(context), CATALOGUE.features):
            found = training.novelty(span.window, rule, span.calendar).assign(model_version=watched.reference.version)
            for day in span.days:
                reports.append(found.assign(day=midnight(day))[list(NOVELTY_REPORT.names)])
                said[day.isoformat()] = _novelty_metadata(reports[-1], files.csv(day, reports[-1]))
        return Product(_joined(reports), lambda _landed: said)

    return novelty_report


def _novelty_metadata(report: "pd.DataFrame", csv: Path) -> dict[str, Any]:
    names = ["kind", "feature", "value", "rows", "share", "low", "threshold", "verdict"]
    rows = report.sort_values("share", ascending=False, kind="stable").head(SHOWN_NOVELTIES)[names].to_numpy().tolist()
    listeners = report.loc[report["kind"] == UNSEEN_LISTENERS, "share"]
    return {
        "novelties": int((report["verdict"] == NOVEL).sum()),
        "unseen_listeners_share": float(listeners.iloc[0]),
        "n_window": int(report["n_window"].max()),
        "model_version": report["model_version"].iloc[0],
        "largest": dg.MetadataValue.md(markdown_table(names, rows)),
        "csv": dg.MetadataValue.path(str(csv.resolve())),
    }


@dataclass(frozen=True)
class Inputs:
    """The scans that windows are cut from."""

    user_features: Scan
    population: Scan
    prediction_log: Scan


def _watched(settings: Settings, registry: "ModelRegistry", inputs: Inputs) -> Watched:
    schema = CATALOGUE.schema(settings.lookback_days)
    reference = Reference.of_champion(registry, schema)
    scored = scored_rows(inputs.user_features, inputs.population, schema.names)
    served = served_rows(inputs.prediction_log, schema.fingerprint, schema.names)
    age = LogAge(settings.first_day, settings.lookback_days)
    return Watched(stacked(scored, served), reference, age, settings.drift_window_days)


def _reads(dates: Calendar, settings: Settings) -> Mapping[str, dg.PartitionMapping]:
    days = settings.drift_window_days
    cutoffs = dates.cutoffs_of_window(days)
    served = dates.days_of_window(days)
    return {USER_FEATURES.table: cutoffs, POPULATION.table: cutoffs, PREDICTION_LOG.table: served}


def _version(settings: Settings, rule: Rule | NoveltyRule) -> str:
    parts = ("1", CATALOGUE.fingerprint, *vars(rule).values(), settings.drift_window_days)
    return "-".join(map(str, parts))


def _days(context: dg.AssetExecutionContext) -> Sequence[date]:
    return [date.fromisoformat(key) for key in context.partition_keys]


def _joined(reports: Iterable["pd.DataFrame"]) -> "pd.DataFrame":
    import pandas as pd

    return pd.concat(list(reports), ignore_index=True)


def _warning(
    contract: Contract, name: str, dates: Calendar, causes: Callable[["pd.DataFrame"], "pd.DataFrame"]
) -> dg.AssetChecksDefinition:
    """A check that only warns: it fails when a report of the run holds a cause to retrain."""

    @dg.asset_check(
        asset=dg.AssetKey(contract.table),
        name=name,
        blocking=False,
        description=f"Warns when a day's {contract.table} is a cause to retrain; says which days, and by what.",
    )
    def check(context: dg.AssetCheckExecutionContext, storage: LakeResource) -> dg.AssetCheckResult:
        keys = run_keys(context.run.tags, dates.days)
        found = causes(read_frame(storage.lake.scan(contract, keys)))
        days = sorted({day.date().isoformat() for day in found["day"]})
        features = sorted(set(found["feature"]))
        said = f"{', '.join(features)} on {days[0]} to {days[-1]}" if days else "Nothing that is a cause to retrain."
        return dg.AssetCheckResult(
            passed=not days,
            severity=dg.AssetCheckSeverity.WARN,
            description=said,
            metadata={"days": len(days), "features": features},
        )

    return check


def _drifted(report: "pd.DataFrame") -> "pd.DataFrame":
    return report[(report["verdict"] == DRIFT) & ~report["is_calendar"].astype(bool)]


def _novel(report: "pd.DataFrame") -> "pd.DataFrame":
    return report[report["verdict"] == NOVEL]
