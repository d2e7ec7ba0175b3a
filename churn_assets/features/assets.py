"""The assets of the features stage: daily aggregates, and the features of every cut-off."""

import hashlib
from collections.abc import Sequence
from datetime import date, timedelta

import dagster as dg

from churn_assets.cutoffs import epoch_ms
from churn_assets.features.batch import Horizon
from churn_assets.features.catalogue import CATALOGUE
from churn_assets.features.recipes import listener_days_recipe, listener_item_gaps_recipe, user_features_recipe
from churn_assets.features.tables import (
    ITEMS,
    LISTENER_DAYS,
    LISTENER_ITEM_GAPS,
    MEASURES,
    STATES,
    USER_FEATURES,
)
from churn_assets.ingest.clock import data_clock
from churn_assets.ingest.tables import EVENTS, SESSIONS
from churn_assets.lake.lake import Scan
from churn_assets.resources.charts import charted, daily_rows_chart, features_chart
from churn_assets.resources.checks import contract_check
from churn_assets.resources.lake_asset import Table, lake_asset
from churn_assets.resources.lake_io import Product
from churn_assets.resources.partitions import Calendar, calendar
from churn_assets.resources.storage import LakeResource
from churn_assets.resources.windows import Lookback, require_days
from churn_assets.settings import Settings

GROUP = "features"


def features_assets(settings: Settings) -> Sequence[dg.AssetsDefinition | dg.AssetChecksDefinition]:
    """Every asset and contract check of the stage."""
    dates = calendar(settings)
    lookback = Lookback(settings.first_day, settings.lookback_days)
    return (
        _listener_days(dates),
        _listener_item_gaps(dates, lookback),
        _user_features(dates, lookback),
        *(contract_check(contract, dates.days) for contract in (LISTENER_DAYS, LISTENER_ITEM_GAPS)),
        contract_check(USER_FEATURES, dates.cutoffs),
    )


def _version_of(*parts: object) -> str:
    """A code version that changes with any of its parts."""
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:16]


def _listener_days(dates: Calendar) -> dg.AssetsDefinition:
    measures = (f"{name}: {measure.text()}" for name, measure in MEASURES.items())
    table = Table(
        contract=LISTENER_DAYS,
        group=GROUP,
        code_version=_version_of("1", *measures, *STATES),
        description=(
            "What each listener did on each day: the sums, firsts, lasts and states that every feature is made of. "
            "A cut-off is a windowed sum of these days, so that no feature scans events again."
        ),
    )

    @lake_asset(table, dates.days)
    def listener_days(events: Scan) -> Product:
        return Product(listener_days_recipe(events), charted(daily_rows_chart("listeners a day")))

    return listener_days


def _listener_item_gaps(dates: Calendar, lookback: Lookback) -> dg.AssetsDefinition:
    table = Table(
        contract=LISTENER_ITEM_GAPS,
        group=GROUP,
        code_version=_version_of("2", lookback.days, *ITEMS),
        description=(
            "How long before each song, artist and page of a listener's day was met last, counted per gap: distinct "
            "counts of any window at any cut-off are sums of these few rows. A day depends on the lookback before it."
        ),
    )

    @lake_asset(table, dates.days, {EVENTS.table: dates.lookback_of_day})
    def listener_item_gaps(context: dg.AssetExecutionContext, events: Scan) -> Product:
        days = [date.fromisoformat(key) for key in context.partition_keys]
        first = max(lookback.first_day, min(days) - timedelta(days=lookback.days))
        require_days(events, first, max(days))
        return Product(listener_item_gaps_recipe(events, context.partition_keys, lookback_days=lookback.days))

    return listener_item_gaps


def _user_features(dates: Calendar, lookback: Lookback) -> dg.AssetsDefinition:
    horizon = Horizon(lookback.days, epoch_ms(lookback.first_day))
    table = Table(
        contract=USER_FEATURES,
        group=GROUP,
        code_version=_version_of(CATALOGUE.fingerprint, lookback),
        description=(
            f"Every declared feature ({len(CATALOGUE.features)}) of every listener seen in the {lookback.days} days "
            f"before a cut-off, from the daily aggregates alone. Declaration fingerprint `{CATALOGUE.fingerprint}`."
        ),
    )
    sources = (LISTENER_DAYS.table, SESSIONS.table, LISTENER_ITEM_GAPS.table)

    @lake_asset(table, dates.cutoffs, dict.fromkeys(sources, dates.lookback_of_cutoff))
    def user_features(
        context: dg.AssetExecutionContext,
        storage: LakeResource,
        *,
        listener_days: Scan,
        sessions: Scan,
        listener_item_gaps: Scan,
    ) -> Product:
        scans = {scan.contract.table: scan for scan in (listener_days, sessions, listener_item_gaps)}
        cutoffs = [date.fromisoformat(key) for key in context.partition_keys]
        lookback.require(cutoffs, scans.values(), data_clock(storage.lake))
        return Product(user_features_recipe(scans, horizon), charted(features_chart))

    return user_features
