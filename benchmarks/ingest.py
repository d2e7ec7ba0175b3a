"""Gigabytes of JSON lines to `raw_logs` and `events`, beside DuckDB's barest reading of the same bytes."""

from datetime import timedelta
from pathlib import Path

from benchmarks import production, references
from benchmarks.aggregates import compiling_cost
from benchmarks.findings import Axis, Curve, Findings, Line, Point, Profile, Target
from benchmarks.measuring import Cost, Measured
from benchmarks.profiling import functions, operators, profile
from benchmarks.sizes import FIRST_DAY
from benchmarks.workbench import Workbench, stored_bytes

BOUND = """
Arrow's parser, most of all: it makes columns of lines on all cores, without a Python object a value, and needs twice
what DuckDB's does, which takes for JSON what is none ([45](decisions/0045-lines-become-columns.md)). `events` is DuckDB
on all cores: copies looked for, user agents and locations looked up once a distinct text, sorted, written. Every text
is written twice, as `raw_logs` and as `events`, and both are hashed; the reference writes it once, and keeps neither
line numbers nor broken lines. Memory is one day of `events`, which is sorted as a whole: the size of a day bounds it,
not that of a file or of the log.
"""

RATIO = 1.7
PEAK_MB = 512
MEGABYTE = 1e6
FEWER = (16, 4)
"""The curve's first points are such parts of the files."""
TABLES = ("raw_logs", "quarantined_lines", "events")


def ingest(bench: Workbench) -> Findings:
    """At most 1.7 times the reference's CPU, below 512 MB of memory, also where all days lie in one file."""
    folder, size = bench.landing(), bench.size
    compiling_cost(bench)
    output = str(bench.scratch / "bare.parquet")
    bare = bench.measure(
        "DuckDB: read_json, distinct, sorted, Parquet", references.bare_ingest, landing=str(folder), output=output
    ).cost
    counts = [size.landing_files // part for part in FEWER]
    points = [
        Point(count * size.lines_a_file, _ingested(bench, bench.landing_of(count), count).cost) for count in counts
    ]
    in_one = _ingested(bench, _in_one_file(bench, counts[-1]), counts[-1]).cost
    ours = _ingested(bench, folder, size.landing_files)
    lines = size.landing_files * size.lines_a_file
    return Findings(
        "ingest",
        {
            "bytes": sum(path.stat().st_size for path in folder.glob("*.json")),
            "lines": lines,
            "files": size.landing_files,
            "events": ours.answer,
        },
        [
            Line("reference: DuckDB read_json, distinct, sorted", bare),
            Line("raw_logs and events", ours.cost),
            Line(f"of {counts[-1]} days, a file a day", points[-1].cost),
            Line(f"of the same {counts[-1]} days in one file", in_one),
        ],
        _targets(ours.cost, bare, max(in_one.peak_bytes, ours.cost.peak_bytes)),
        [Curve("ingest", Axis.EVENTS, [*points, Point(lines, ours.cost)])],
        profiles=_profiles(bench),
        stored_bytes={table: stored_bytes(_lake(bench) / table) for table in TABLES},
    )


def _profiles(bench: Workbench) -> list[Profile]:
    """Where the time of one day goes: by our functions, and by what DuckDB does inside of them."""
    arguments = {"landing": str(bench.landing_of(1)), "days": [FIRST_DAY.isoformat()]}
    return [
        profile(bench, "ingest of a day", look, production.ingest, lake=str(bench.fresh("lake-profiled")), **arguments)
        for look in (functions, operators)
    ]


def _targets(ours: Cost, bare: Cost, peak_bytes: int) -> list[Target]:
    return [
        Target("CPU beside the reference", ours.cpu_seconds / bare.cpu_seconds, RATIO, issue=6),
        Target("wall time beside the reference", ours.wall_seconds / bare.wall_seconds, RATIO),
        Target("peak memory in MB, a file a day and all in one", peak_bytes / MEGABYTE, PEAK_MB, issue=6),
    ]


def _lake(bench: Workbench) -> Path:
    return bench.scratch / "lake-ingested"


def _ingested(bench: Workbench, landing: Path, days: int) -> Measured:
    """What a landing folder with so many days costs, into an empty lake."""
    keys = [(FIRST_DAY + timedelta(days=n)).isoformat() for n in range(days)]
    lake = str(bench.fresh(_lake(bench).name))
    case = f"raw_logs, quarantined_lines and events of {landing.name}"
    return bench.measure(case, production.ingest, landing=str(landing), lake=lake, days=keys)


def _in_one_file(bench: Workbench, days: int) -> Path:
    """A landing folder in which so many days lie in one file."""
    folder = bench.fresh(f"landing-of-{days}-in-one")
    folder.mkdir()
    with (folder / "all.json").open("wb") as whole:
        for file in sorted(bench.landing_of(days).glob("*.json")):
            whole.write(file.read_bytes())
    return folder
