"""The assets of the serving stage: what the API was asked and said, and what it was sent, as data."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import dagster as dg

from churn_assets.resources.charts import charted, daily_rows_chart, day_key, queried
from churn_assets.resources.checks import contract_check
from churn_assets.resources.lake_asset import OWNER, SERVED, Table, unreported
from churn_assets.resources.lake_io import Landed, Product, Report, StagedFiles
from churn_assets.resources.metadata import Metadata, markdown_table
from churn_assets.resources.partitions import Calendar, calendar
from churn_assets.resources.prediction_store import StoreResource
from churn_assets.resources.state import NOTHING_SERVED, STORE_VERSION
from churn_assets.resources.storage import LakeResource, LandingResource
from churn_assets.serving.tables import PREDICTION_LOG, SERVED_EVENTS
from churn_assets.settings import Settings

LOG = Table(
    contract=PREDICTION_LOG,
    group="monitoring",
    code_version="1",
    description=(
        "Every prediction that the API made and kept: when, for whom, by which model version, from which raw events "
        "and features, with which result. A row belongs to the last day before its cut-off; predictions for days "
        "outside of the log stand in the nearest partition. Equal to the prediction store, row for row."
    ),
    kinds=frozenset({"sql", "parquet"}),
    possible=SERVED,
)


def serving_assets(settings: Settings) -> Sequence[dg.AssetsDefinition | dg.AssetChecksDefinition]:
    """The prediction log with its contract check, and the export of served events."""
    dates = calendar(settings)
    return _prediction_log(dates), contract_check(PREDICTION_LOG, dates.days), _served_events(settings)


def _prediction_log(dates: Calendar) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name=PREDICTION_LOG.table,
        outs={PREDICTION_LOG.table: LOG.out},
        partitions_def=dates.days,
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def prediction_log(
        context: dg.AssetExecutionContext,
        storage: LakeResource,
        landing: LandingResource,
        predictions: StoreResource,
    ) -> Iterator[dg.Output[Product]]:
        from churn_assets.serving.log_days import LogDays
        from churn_assets.serving.prediction_log import versions, write_partitions

        days = LogDays(landing.first, landing.last)
        with tempfile.TemporaryDirectory(dir=storage.lake.staging(), ignore_cleanup_errors=True) as folder:
            with predictions.snapshot() as state:
                files = write_partitions(state, context.partition_keys, days, Path(folder))
                report = _log_report(versions(state, days))
            yield unreported(Product(StagedFiles(PREDICTION_LOG, files), report), PREDICTION_LOG.table)

    return prediction_log


def _log_report(versions: Mapping[str, str]) -> Report:
    """What each day holds, and which version of the store it was read from."""

    def report(landed: Landed) -> Mapping[str, Metadata]:
        chart = charted(daily_rows_chart("predictions a day"))(landed)
        query = (
            "SELECT day, count(DISTINCT user_id), count(*) FILTER (WHERE is_cold_start), avg(churn_probability), "
            "string_agg(DISTINCT model_version, ', ' ORDER BY model_version) FROM t GROUP BY day"
        )
        counts = {day_key(day): rest for day, *rest in queried(landed.scan, landed.engine, query)}
        said: dict[str, Metadata] = {}
        for key in landed.scan.keys:
            listeners, cold, mean, models = counts.get(key, (0, 0, None, ""))
            told = {STORE_VERSION: versions.get(key, NOTHING_SERVED), "listeners": listeners, "cold starts": cold}
            shown = {"model versions": models} | ({} if mean is None else {"mean probability": mean})
            said[key] = {**told, **shown, **chart.get(key, {})}
        return said

    return report


def _served_events(settings: Settings) -> dg.AssetsDefinition:
    @dg.asset(
        name=SERVED_EVENTS,
        group_name="ingest",
        owners=[OWNER],
        kinds={"sql", "json"},
        tags={"stage": "ingest"},
        description=(
            "Events that the API was sent and the log does not know, written from the prediction store to log files "
            "below `served/` of the landing folder, where `raw_logs` reads them. Nothing of a prediction but the raw "
            "events leaves the store. CHURN_USE_SERVED_EVENTS=false turns it off."
        ),
    )
    def served_events(
        storage: LakeResource, landing: LandingResource, predictions: StoreResource
    ) -> dg.MaterializeResult[None]:
        from churn_assets.serving.export import Exported, export

        if not settings.use_served_events:
            return dg.MaterializeResult(metadata={"files": 0, "events": 0, "turned off": True})
        with predictions.snapshot() as state:
            done: Exported = export(state, landing.url, lake=storage.lake, days=landing.days)
        reasons = markdown_table(["events left out", "number"], sorted(done.left_out.items()))
        return dg.MaterializeResult(
            metadata={
                "predictions": done.predictions,
                "events": done.events,
                "files": len(done.files),
                "left out": dg.MetadataValue.md(reasons),
            }
        )

    return served_events
