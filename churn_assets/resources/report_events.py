"""Reports as Dagster's log and the lake tell them."""

from collections.abc import Callable

import dagster as dg

from churn_assets.contracts.contract import Contract
from churn_assets.lake.lake import Lake
from churn_assets.monitoring.causes import Row
from churn_assets.retraining.evidence import Seen

MOST_REPORTS = 1_000
"""As many materialisations are looked at in one go; the next one goes on from there."""


def seen_since(instance: dg.DagsterInstance, report: Contract, event: int) -> list[Seen]:
    """Every materialisation of a report after an event of the log, the oldest first."""
    wanted = dg.AssetRecordsFilter(dg.AssetKey(report.table), after_storage_id=event)
    records = instance.fetch_materializations(wanted, limit=MOST_REPORTS, ascending=True).records
    return [Seen(record.storage_id, record.run_id, record.partition_key or "") for record in records]


def rows_by_day(lake: Lake, report: Contract) -> Callable[[str], list[Row]]:
    """Gives the rows of a day's report as the lake has it by now; none if it is gone."""
    import pyarrow.parquet as pq

    def rows(day: str) -> list[Row]:
        files = lake.find(report, [day]).files
        return pq.read_table(files[0][1], partitioning=None).to_pylist() if files else []

    return rows
