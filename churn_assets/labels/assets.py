"""The assets of the labels stage: who can still be saved at a cut-off, and who left after it."""

from collections.abc import Sequence
from datetime import date, timedelta

import dagster as dg

from churn_assets.features.tables import LISTENER_DAYS
from churn_assets.ingest.clock import data_clock
from churn_assets.labels.maturity import require_mature
from churn_assets.labels.recipes import churn_labels_recipe, population_recipe
from churn_assets.labels.tables import CHURN_LABELS, POPULATION
from churn_assets.lake.lake import Scan
from churn_assets.resources.charts import charted, labels_chart, population_chart
from churn_assets.resources.checks import contract_check
from churn_assets.resources.lake_asset import MATURE, Table, lake_asset
from churn_assets.resources.lake_io import Product
from churn_assets.resources.partitions import Calendar, calendar
from churn_assets.resources.storage import LakeResource
from churn_assets.resources.windows import Lookback, require_days
from churn_assets.settings import Settings

GROUP = "labels"


def labels_assets(settings: Settings) -> Sequence[dg.AssetsDefinition | dg.AssetChecksDefinition]:
    """Every asset and contract check of the stage."""
    dates = calendar(settings)
    return (
        _population(dates, settings),
        _churn_labels(dates),
        contract_check(POPULATION, dates.cutoffs),
        contract_check(CHURN_LABELS, dates.cutoffs),
    )


def _population(dates: Calendar, settings: Settings) -> dg.AssetsDefinition:
    lookback, at_risk_days = Lookback(settings.first_day, settings.lookback_days), settings.at_risk_days
    table = Table(
        contract=POPULATION,
        group=GROUP,
        code_version=f"1-{lookback.days}d-{at_risk_days}d",
        description=(
            f"Every listener seen in the {lookback.days} days before a cut-off, and whether they can still be saved: "
            f"an event in the last {at_risk_days} days, and no `Cancellation Confirmation` that nothing followed."
        ),
    )

    @lake_asset(table, dates.cutoffs, {LISTENER_DAYS.table: dates.lookback_of_cutoff})
    def population(context: dg.AssetExecutionContext, storage: LakeResource, listener_days: Scan) -> Product:
        cutoffs = [date.fromisoformat(key) for key in context.partition_keys]
        lookback.require(cutoffs, [listener_days], data_clock(storage.lake))
        recipe = population_recipe(listener_days, lookback_days=lookback.days, at_risk_days=at_risk_days)
        return Product(recipe, charted(population_chart))

    return population


def _churn_labels(dates: Calendar) -> dg.AssetsDefinition:
    horizon_days = dates.schedule.horizon_days
    table = Table(
        contract=CHURN_LABELS,
        group=GROUP,
        code_version=f"1-{horizon_days}d",
        description=(
            f"Whether each listener of a cut-off's population left: no event at all in the {horizon_days} days from it "
            "on. Only of cut-offs whose whole label window has landed; the labels of others are refused."
        ),
        possible=MATURE,
    )

    @lake_asset(table, dates.cutoffs, {LISTENER_DAYS.table: dates.window_of_label})
    def churn_labels(
        context: dg.AssetExecutionContext, storage: LakeResource, population: Scan, listener_days: Scan
    ) -> Product:
        cutoffs = [date.fromisoformat(key) for key in context.partition_keys]
        require_mature(cutoffs, dates.schedule, data_clock(storage.lake))
        storage.lake.scan(POPULATION, context.partition_keys)
        require_days(listener_days, min(cutoffs), max(cutoffs) + timedelta(days=horizon_days - 1))
        recipe = churn_labels_recipe(population, listener_days, horizon_days=horizon_days)
        return Product(recipe, charted(labels_chart))

    return churn_labels
