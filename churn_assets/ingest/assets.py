"""The assets of the ingest stage: raw logs and quarantine in one pass, clean events, sessions."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from churn_assets.contracts.contract import Contract
from churn_assets.ingest.arrivals import Arrivals, remember
from churn_assets.ingest.recipes import events_recipe, sessions_recipe
from churn_assets.ingest.tables import EVENTS, QUARANTINED_LINES, RAW_LOGS, SESSIONS
from churn_assets.lake.lake import Scan
from churn_assets.resources.charts import charted, daily_rows_chart, day_key, events_chart, queried
from churn_assets.resources.checks import contract_check
from churn_assets.resources.lake_asset import Table, lake_asset, unreported
from churn_assets.resources.lake_io import Landed, Product, Report, StagedFiles
from churn_assets.resources.metadata import Metadata, markdown_table
from churn_assets.resources.partitions import Calendar, calendar
from churn_assets.resources.progress import listener
from churn_assets.resources.state import LANDING_VERSION, NOTHING_LANDED
from churn_assets.resources.storage import EngineResource, LakeResource, LandingResource
from churn_assets.settings import Settings

if TYPE_CHECKING:
    from churn_assets.ingest.spool import Spooled

GROUP = "ingest"

RAW = Table(
    contract=RAW_LOGS,
    group=GROUP,
    code_version="2",
    description=(
        "Every log line that can be decoded, its fields as the log has them, with source file and line number. Only "
        "the landing files that hold lines of the asked days are read, whatever they are named and sorted."
    ),
    kinds=frozenset({"json", "parquet"}),
)
QUARANTINE = Table(
    contract=QUARANTINED_LINES,
    group=GROUP,
    code_version="1",
    description=(
        "Every line that could not be used: broken JSON, impossible values, times outside of the log. Kept with file, "
        "line number, reason and bytes, so that nothing is lost and everything can be counted."
    ),
    kinds=frozenset({"json", "parquet"}),
)


def ingest_assets(settings: Settings) -> Sequence[dg.AssetsDefinition | dg.AssetChecksDefinition]:
    """Every asset and contract check of the stage."""
    dates = calendar(settings)
    contracts = (RAW_LOGS, QUARANTINED_LINES, EVENTS, SESSIONS)
    return (
        _raw_logs(dates),
        _events(dates),
        _sessions(dates),
        *(contract_check(contract, dates.days) for contract in contracts),
    )


def _raw_logs(dates: Calendar) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name="raw_logs",
        outs={RAW_LOGS.table: RAW.out, QUARANTINED_LINES.table: QUARANTINE.out},
        partitions_def=dates.days,
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def raw_logs(
        context: dg.AssetExecutionContext, storage: LakeResource, landing: LandingResource, computing: EngineResource
    ) -> Iterator[dg.Output[Product]]:
        lake = storage.lake
        days = [date.fromisoformat(key) for key in context.partition_keys]
        found = landing.arrivals(lake)
        with tempfile.TemporaryDirectory(dir=lake.staging(), ignore_cleanup_errors=True) as folder:
            spooled, read = _decode(found, days, Path(folder), computing.threads)
            versions = read.versions()
            yield unreported(Product(_staged(RAW_LOGS, spooled), _raw_report(versions)), RAW_LOGS.table)
            yield unreported(Product(_staged(QUARANTINED_LINES, spooled), _reasons_report), QUARANTINED_LINES.table)
        remember(read, lake)

    return raw_logs


def _decode(found: Arrivals, days: Sequence[date], folder: Path, threads: int) -> "tuple[Spooled, Arrivals]":
    """The lines of `days` as one file a day and table, and what was learnt of the files on the way."""
    from churn_assets.ingest.decode import decode
    from churn_assets.ingest.spool import Spool

    files = found.needed(days)
    entries = []
    with Spool(folder, days) as spool:
        for decoded in decode(files, first_day=found.first_day, last_day=found.last_day, days=days, threads=threads):
            spool.append(decoded)
            listener().on_lines(decoded.file.name, decoded.lines, decoded.consumed / max(decoded.file.size, 1))
            entries += [decoded.entry] if decoded.entry else []
        return spool.finish(), found.with_entries(entries)


def _staged(contract: Contract, spooled: "Spooled") -> StagedFiles:
    files: Mapping[date, Path] = getattr(spooled, contract.table)
    return StagedFiles(contract, {day.isoformat(): path for day, path in files.items()})


def _raw_report(versions: Mapping[str, str]) -> Report:
    """Counts of each day, and which version of the landing files it was read from."""

    def report(landed: Landed) -> Mapping[str, Metadata]:
        chart = charted(daily_rows_chart("decodable lines a day"))(landed)
        query = "SELECT day, count(*), count(*) FILTER (WHERE user_id = ''), count(DISTINCT file) FROM t GROUP BY day"
        counts = {day_key(day): rest for day, *rest in queried(landed.scan, landed.engine, query)}
        said: dict[str, Metadata] = {}
        for key in landed.scan.keys:
            rows, visitors, files = counts.get(key, (0, 0, 0))
            told = {LANDING_VERSION: versions.get(key, NOTHING_LANDED), "visitors": visitors, "files": files}
            said[key] = {**told, "listeners' lines": rows - visitors, **chart.get(key, {})}
        return said

    return report


def _reasons_report(landed: Landed) -> Mapping[str, Metadata]:
    """Why the lines of each day were quarantined, and how many."""
    query = "SELECT day, reason, count(*) FROM t GROUP BY ALL ORDER BY 1, 3 DESC, 2"
    found: dict[str, list[tuple[str, int]]] = {}
    for day, reason, lines in queried(landed.scan, landed.engine, query):
        found.setdefault(day_key(day), []).append((reason, lines))
    tables = {key: markdown_table(["reason", "lines"], rows) for key, rows in found.items()}
    return {key: {"reasons": dg.MetadataValue.md(table)} for key, table in tables.items()}


def _events(dates: Calendar) -> dg.AssetsDefinition:
    table = Table(
        contract=EVENTS,
        group=GROUP,
        code_version="2",
        description=(
            "Every event of a listener, once: visitors left out, duplicates collapsed (the log's own line before one "
            "that the API was sent, then the first by file and line), device and place looked up. "
            "`lines = events + visitors + duplicates + quarantined`, every day."
        ),
    )

    @lake_asset(table, dates.days)
    def events(raw_logs: Scan) -> Product:
        return Product(events_recipe(raw_logs), _events_report)

    return events


def _events_report(landed: Landed) -> Mapping[str, Metadata]:
    """The account of each day's lines, which must add up, and the chart."""
    keys = landed.scan.keys
    rows, bad = landed.lake.find(RAW_LOGS, keys), landed.lake.find(QUARANTINED_LINES, keys)
    events = _a_day(landed.scan, landed, "count(*)")
    visitors = _a_day(rows, landed, "count(*) FILTER (WHERE user_id = '')")
    raw, quarantined = _a_day(rows, landed, "count(*)"), _a_day(bad, landed, "count(*)")
    chart = charted(events_chart)(landed)
    said: dict[str, Metadata] = {}
    for key in keys:
        kept, seen, lost = events.get(key, 0), visitors.get(key, 0), quarantined.get(key, 0)
        decoded = raw.get(key, 0)
        account = {"lines": decoded + lost, "events": kept, "visitors": seen, "quarantined": lost}
        said[key] = {**account, "duplicates": decoded - seen - kept, **chart.get(key, {})}
    return said


def _a_day(scan: Scan, landed: Landed, counted: str) -> dict[str, int]:
    rows = queried(scan, landed.engine, f"SELECT day, {counted} FROM t GROUP BY day")
    return {day_key(day): count for day, count in rows}


def _sessions(dates: Calendar) -> dg.AssetsDefinition:
    table = Table(
        contract=SESSIONS,
        group=GROUP,
        code_version="1",
        description=(
            "Every session of a listener, one row for each day that it touches: a session that crosses midnight is "
            "kept in parts, so that a cut-off never sees what came after it."
        ),
    )

    @lake_asset(table, dates.days)
    def sessions(events: Scan) -> Product:
        return Product(sessions_recipe(events), charted(daily_rows_chart("sessions a day")))

    return sessions
