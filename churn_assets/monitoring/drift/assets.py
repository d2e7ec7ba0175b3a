"""The asset that says how far the inputs of the model have moved, day by day."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from churn_assets.features.catalogue import CATALOGUE
from churn_assets.lake.lake import Scan
from churn_assets.monitoring.causes import has_drifted
from churn_assets.monitoring.drift.chart import by_movement
from churn_assets.monitoring.drift.daily import SpanReport, span_reports, with_pages
from churn_assets.monitoring.drift.publication import Published, Publisher, counts
from churn_assets.monitoring.drift.report import Rule
from churn_assets.monitoring.files import ReportFiles
from churn_assets.monitoring.tables import DRIFT_REPORT
from churn_assets.registry.tables import CHAMPION_MODEL
from churn_assets.resources.checks import contract_check
from churn_assets.resources.drift_views import drift_table, movers_chart
from churn_assets.resources.input_reports import GROUP, Inputs, days_of, joined, reads, version, warning, watched
from churn_assets.resources.lake_asset import RECENT, Table, lake_asset
from churn_assets.resources.lake_io import Product
from churn_assets.resources.metadata import Metadata
from churn_assets.resources.model_store import ModelStoreResource
from churn_assets.resources.partitions import Calendar, calendar
from churn_assets.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

MLFLOW_RUN = "mlflow_run_id"


def drift_assets(settings: Settings) -> Sequence[dg.AssetsDefinition | dg.AssetChecksDefinition]:
    """The drift report, the check of its contract, and one that warns."""
    dates = calendar(settings)
    return (
        _drift_report(dates, settings),
        contract_check(DRIFT_REPORT, dates.days),
        warning(DRIFT_REPORT, "no_drift", dates, has_drifted),
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
        code_version=version(settings, rule),
        description=(
            "How far the inputs of the model have moved: each feature of the days' scores and predictions against the "
            "rows that the champion was trained on. A verdict of drift that no calendar explains starts a retraining."
        ),
        kinds=frozenset({"mlflow", "parquet"}),
        possible=RECENT,
        after=(CHAMPION_MODEL.table,),
    )

    @lake_asset(table, dates.days, reads(dates, settings))
    def drift_report(
        context: dg.AssetExecutionContext,
        models: ModelStoreResource,
        *,
        user_features: Scan,
        population: Scan,
        prediction_log: Scan,
    ) -> Product:
        registry = models.registry()
        seen = watched(settings, registry, Inputs(user_features, population, prediction_log))
        made = span_reports(seen, days_of(context), CATALOGUE.features, rule)
        publisher = Publisher(ReportFiles(settings.reports / "drift"), registry.tracking, context.run.run_id)
        said = dict(_published(made, publisher))
        return Product(joined(one.of(day) for one in made for day in one.span.days), lambda _landed: said)

    return drift_report


def _published(made: Sequence[SpanReport], publisher: Publisher) -> Iterator[tuple[str, Metadata]]:
    """Publish every day's report; gives what the UI says of each, by partition key.

    Old pages are removed last: among older days that are made again, the page just written may be one of the oldest.
    """
    pages = {one.span.newest: publisher.page(one.span.newest, one.page) for one in with_pages(made)}
    for one in made:
        page, movers = pages.get(one.span.newest), movers_chart(one.report, one.baseline.rows, one.span.window)
        for day in one.span.days:
            report = one.of(day)
            published = publisher.publish(day, report, page)
            yield day.isoformat(), {**_drift_metadata(report, published, page), "worst_movers": movers}
    publisher.files.prune(keep=pages.values())


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
