"""A gigabyte of JSON lines to `raw_logs` and `events`, beside DuckDB's barest reading of the same bytes."""

from datetime import timedelta

from benchmarks import production, references
from benchmarks.findings import Findings, Line, Target
from benchmarks.landing import FIRST_DAY
from benchmarks.workbench import Workbench

RATIO = 3
PEAK_GB = 1.0
GIGABYTE = 1e9


def ingest(bench: Workbench) -> Findings:
    """At most three times the reference's CPU, below a gigabyte of memory."""
    folder, size = bench.landing(), bench.size
    days = [(FIRST_DAY + timedelta(days=n)).isoformat() for n in range(size.landing_files)]
    output, lake = str(bench.scratch / "bare.parquet"), str(bench.fresh("lake-ingested"))
    bare = bench.measure(
        "DuckDB: read_json, distinct, sorted, Parquet", references.bare_ingest, landing=str(folder), output=output
    )
    ours = bench.measure(
        "raw_logs, quarantined_lines and events", production.ingest, landing=str(folder), lake=lake, days=days
    )
    sizes = {
        "bytes": sum(path.stat().st_size for path in folder.glob("*.json")),
        "lines": size.landing_files * size.lines_a_file,
        "events": ours.answer,
    }
    return Findings(
        "ingest",
        sizes,
        [Line("reference: DuckDB read_json, distinct, sorted", bare.cost), Line("raw_logs and events", ours.cost)],
        [
            Target("CPU beside the reference", ours.cost.cpu_seconds / bare.cost.cpu_seconds, RATIO),
            Target("peak memory in GB", ours.cost.peak_bytes / GIGABYTE, PEAK_GB),
        ],
    )
