"""DuckDB and Spark beside each other: daily aggregates and features of 1, 4 and 16 times the events, on this machine.

The default is small; `--listeners 20000` takes sizes that clusters are for. Each engine runs in a process of its own,
Spark as `local[2]`, and what its Java takes is counted. Every table that Spark makes is compared with DuckDB's by the
hash of its content. From what a million more events take follows from how many events on a cluster would be the faster.
"""

import argparse
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.engines import DAYS, FIRST_DAY, tables
from benchmarks.event_lake import make_lake
from benchmarks.measuring import Cost, measured

GROWTH = (1, 4, 16)
MILLION = 1_000_000
ENGINES = ("duckdb", "spark")
MACHINES, CLUSTERS = (2, 8, 32), (16, 64, 256, 1024)
"""Cores for which it is worked out when a cluster overtakes a machine."""


@dataclass(frozen=True)
class Compared:
    """What both engines took for one number of events."""

    events: int
    duckdb: Cost
    spark: Cost


def compared(listeners: int, memory: str, folder: Path) -> Compared:
    """Make the tables of so many listeners with both engines, and hold their hashes against each other."""
    costs, hashes = {}, {}
    for engine in ENGINES:
        root = str(folder / f"{engine}-{listeners}")
        events = make_lake(root, listeners, FIRST_DAY.isoformat(), DAYS)
        done = measured(tables, root=root, engine=engine, memory=memory, scratch=str(folder / "scratch"))
        costs[engine], hashes[engine] = done.cost, done.answer
    if hashes["duckdb"] != hashes["spark"]:
        print("The engines gave different tables.")
    return Compared(events, costs["duckdb"], costs["spark"])


def page(found: Sequence[Compared]) -> str:
    """What was found, as a table in Markdown."""
    lines = ["| events | engine | CPU s | wall s | CPU s a million events |", "|---|---|---|---|---|"]
    for one in found:
        for engine, cost in (("DuckDB", one.duckdb), ("Spark", one.spark)):
            dear = f"{cost.cpu_seconds / one.events * MILLION:.1f}"
            lines.append(f"| {one.events:,} | {engine} | {cost.cpu_seconds:.0f} | {cost.wall_seconds:.0f} | {dear} |")
    first, last = found[0], found[-1]
    slopes = [slope(first, last, cost) for cost in (lambda c: c.duckdb, lambda c: c.spark)]
    told = (
        f"Each further million events takes {slopes[0]:.1f} CPU seconds with DuckDB and {slopes[1]:.1f} with Spark: "
        f"from {slopes[1] / slopes[0]:.0f} times the cores of the one machine on, a cluster is faster than it."
    )
    return "\n".join([*lines, "", told, "", *_overtaking(found)])


def _overtaking(found: Sequence[Compared]) -> list[str]:
    """From how many million events on each cluster is faster than each machine."""
    lines = [
        "Extrapolated, as if spread evenly over all cores: millions of events from which a cluster is faster",
        "",
        f"| DuckDB on one machine | {' | '.join(f'cluster of {cores:,} cores' for cores in CLUSTERS)} |",
        "|---|" + "---|" * len(CLUSTERS),
    ]
    for machine in MACHINES:
        sizes = (overtaken_at(found[0], found[-1], machine, cluster) for cluster in CLUSTERS)
        cells = " | ".join("never" if size is None else f"{size:,.0f}" for size in sizes)
        lines.append(f"| {machine} cores | {cells} |")
    return lines


def overtaken_at(first: Compared, last: Compared, machine: int, cluster: int) -> float | None:
    """Millions of events from which on `cluster` cores of Spark are faster than `machine` cores of DuckDB, if ever.

    What the smallest size takes on the clock counts as start, which no core makes shorter.
    """
    duckdb = slope(first, last, lambda one: one.duckdb) / machine
    spark = slope(first, last, lambda one: one.spark) / cluster
    later = first.spark.wall_seconds - first.duckdb.wall_seconds
    return first.events / MILLION + later / (duckdb - spark) if spark < duckdb else None


def slope(first: Compared, last: Compared, cost: Callable[[Compared], Cost]) -> float:
    """CPU seconds that a million more events take, the start of a process left out."""
    more = cost(last).cpu_seconds - cost(first).cpu_seconds
    return more / (last.events - first.events) * MILLION


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.spark", description=__doc__)
    parser.add_argument("--listeners", type=int, default=100, help="listeners of the smallest size")
    parser.add_argument("--memory", default="2g", help="memory of each engine")
    parser.add_argument("--scratch", type=Path, default=None, help="folder for the lakes")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=chosen.scratch) as folder:
        sizes = (chosen.listeners * growth for growth in GROWTH)
        print(page([compared(listeners, chosen.memory, Path(folder)) for listeners in sizes]))


if __name__ == "__main__":
    main()
