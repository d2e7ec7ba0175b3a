"""The asset that says what the model was asked about that its training never saw, day by day."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from churn_assets.cutoffs import midnight
from churn_assets.features.catalogue import CATALOGUE
from churn_assets.lake.lake import Scan
from churn_assets.monitoring.causes import causes, is_novelty
from churn_assets.monitoring.files import ReportFiles
from churn_assets.monitoring.novelty.report import NoveltyRule, Training
from churn_assets.monitoring.tables import NOVELTY_REPORT, UNSEEN_LISTENERS
from churn_assets.registry.tables import CHAMPION_MODEL
from churn_assets.resources.checks import contract_check
from churn_assets.resources.input_reports import GROUP, Inputs, days_of, joined, reads, version, warning, watched
from churn_assets.resources.lake_asset import RECENT, Table, lake_asset
from churn_assets.resources.lake_io import Product
from churn_assets.resources.metadata import markdown_table
from churn_assets.resources.model_store import ModelStoreResource
from churn_assets.resources.partitions import Calendar, calendar
from churn_assets.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

SHOWN_NOVELTIES = 15


def novelty_assets(settings: Settings) -> Sequence[dg.AssetsDefinition | dg.AssetChecksDefinition]:
    """The novelty report, the check of its contract, and one that warns."""
    dates = calendar(settings)
    return (
        _novelty_report(dates, settings),
        contract_check(NOVELTY_REPORT, dates.days),
        warning(NOVELTY_REPORT, "nothing_novel", dates, is_novelty),
    )


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
        code_version=version(settings, rule),
        description=(
            "What the model was asked about that the champion's training never saw: categories, values beyond the "
            "range of its rows, listeners; and whether there is enough of it to train again."
        ),
        kinds=frozenset({"parquet"}),
        possible=RECENT,
        after=(CHAMPION_MODEL.table,),
    )

    @lake_asset(table, dates.days, reads(dates, settings))
    def novelty_report(
        context: dg.AssetExecutionContext,
        models: ModelStoreResource,
        *,
        user_features: Scan,
        population: Scan,
        prediction_log: Scan,
    ) -> Product:
        seen = watched(settings, models.registry(), Inputs(user_features, population, prediction_log))
        training = Training(seen.reference.rows, seen.reference.schema)
        files = ReportFiles(settings.reports / "novelty")
        reports, said = [], {}
        for span in seen.spans(days_of(context), CATALOGUE.features):
            found = training.novelty(span.window, rule, span.calendar).assign(model_version=seen.reference.version)
            for day in span.days:
                reports.append(found.assign(day=midnight(day))[list(NOVELTY_REPORT.names)])
                said[day.isoformat()] = _novelty_metadata(reports[-1], files.csv(day, reports[-1]))
        return Product(joined(reports), lambda _landed: said)

    return novelty_report


def _novelty_metadata(report: "pd.DataFrame", csv: Path) -> dict[str, Any]:
    names = ["kind", "feature", "value", "rows", "share", "low", "threshold", "verdict"]
    rows = report.sort_values("share", ascending=False, kind="stable").head(SHOWN_NOVELTIES)[names].to_numpy().tolist()
    listeners = report.loc[report["kind"] == UNSEEN_LISTENERS, "share"]
    return {
        "novelties": len(causes(report, is_novelty)),
        "unseen_listeners_share": float(listeners.iloc[0]),
        "n_window": int(report["n_window"].max()),
        "model_version": report["model_version"].iloc[0],
        "largest": dg.MetadataValue.md(markdown_table(names, rows)),
        "csv": dg.MetadataValue.path(str(csv.resolve())),
    }
