"""What a billion events and a hundred billion would need: measured slopes, followed further than anybody measured."""

import math
from collections.abc import Iterator, Mapping, Sequence

from benchmarks.curves import WHOLE
from benchmarks.findings import Curve
from benchmarks.fits import Range, beyond
from benchmarks.production import MEMORY_LIMIT
from benchmarks.results import Results
from benchmarks.sizes import SIZES
from benchmarks.words import between, brief, items, plain, table, wrapped

EVENTS = (1e9, 1e11)
HOUR_S, DAY_HOURS = 3_600, 24
GIGABYTE = 1e9
MACHINE_CORES, USED_SHARE = 16, 0.5
UNMEASURED = "Not measured in this run: it takes the stages `ingest`, `features` and `growth`."
MARKED = """
These figures are **extrapolated**, not measured: {largest} events are the most that was. They say which order of
magnitude to expect, and rest on this:
"""
ASSUMED = """
- More events are more listeners, {per_listener} events each in {days} days: {listeners}. Days, songs and cut-offs
  ({cutoffs}, in one pass) stay as they are.
- Each step goes on from its largest measured size, along the slope of the last step between two sizes and along the
  fitted slope, or along 1 where that is less, since what lowers it are fixed costs. The range is from the lesser to
  the greater. Nothing new may begin to bound the work on the way: a hundred billion events are {times} times what was
  measured, and no slope holds that far by itself.
- CPU hours are those of the processor above. Machines have {cores} such cores, of which {share:.0%} of the time is
  used (assumed).
- More than one machine takes an engine that divides the work: days for ingest and the daily tables, listeners for
  item gaps and features. DuckDB is one process on one machine; [Spark](how-to/spark.md) runs the same declarations,
  and takes more CPU for each event.
- Labels and scores were measured at one size, and are taken in proportion: labels to the events, scores at a cut-off
  to the listeners. Training is left out: it need not learn from all of so many.
- Memory is that of the largest step by its own slopes. Its engine has a limit ({limit}) beyond which it goes through
  the disk, and item gaps are made in one pass: the figure is what a limit would have to be for as little of that as
  here.
- Ingest sorts a day in one piece: a day of {day} lines takes what the table of ingest shows, one of so many more
  takes a larger limit, or the disk.
"""


def extrapolated(results: Results) -> str:
    """The section: CPU, disk, memory and machines, and what they rest on."""
    stages = results.stages
    if not {"ingest", "features", "growth"} <= stages.keys():
        return UNMEASURED
    curves = {curve.step: curve for name in ("ingest", "growth") for curve in stages[name].findings.curves}
    cpu = {step: [cpu_seconds(curve, n) for n in EVENTS] for step, curve in curves.items() if step != WHOLE}
    return "\n\n".join(
        [
            _assumed(results, curves[WHOLE]),
            table(
                ["", *(f"{brief(n)} events" for n in EVENTS)],
                [*_cpu(cpu | dict(_proportional(results))), *_disk(results), *_memory(curves)],
            ),
        ]
    )


def _assumed(results: Results, whole: Curve) -> str:
    features, size = results.stages["features"].findings.sizes, SIZES[results.size]
    largest, each = whole.points[-1].at, features["events"] / features["listeners"]
    told = {
        "largest": brief(largest),
        "per_listener": f"{each:,.0f}",
        "days": features["days"],
        "listeners": ", ".join(f"{brief(n)} events are {brief(n / each)} listeners" for n in EVENTS),
        "cutoffs": size.cutoffs,
        "times": f"{EVENTS[-1] / largest:,.0f}",
        "cores": MACHINE_CORES,
        "share": USED_SHARE,
        "limit": MEMORY_LIMIT,
        "day": brief(size.lines_a_file),
    }
    return "\n\n".join([wrapped(MARKED.format(**told)), items(ASSUMED.format(**told))])


def cpu_seconds(curve: Curve, events: float) -> Range:
    """What a step would take for so many events."""
    return beyond([(point.at, point.cost.cpu_seconds) for point in curve.points], events, at_least=1.0)


def _proportional(results: Results) -> Iterator[tuple[str, list[Range]]]:
    """Steps that were measured at one size: labels by events, scores by listeners; those that were measured at all."""
    stages, shape = results.stages, results.stages["features"].findings.sizes
    if "labels" in stages:
        found = stages["labels"].findings
        an_event = found.lines[-1].cost.cpu_seconds / found.sizes["events"]
        yield "labels", [Range(an_event * n, an_event * n) for n in EVENTS]
    if "scoring" in stages:
        found = stages["scoring"].findings
        a_row = max(line.cost.cpu_seconds for line in found.lines) / found.sizes["rows"]
        an_event = a_row * shape["listeners"] / shape["events"]
        yield "scores at a cut-off, with reasons", [Range(an_event * n, an_event * n) for n in EVENTS]


def _cpu(seconds: Mapping[str, Sequence[Range]]) -> Iterator[tuple[str, ...]]:
    hours = {step: [found * (1 / HOUR_S) for found in costs] for step, costs in seconds.items()}
    for step, costs in hours.items():
        yield (f"CPU hours: {step}", *map(between, costs))
    totals = [sum(costs, Range(0, 0)) for costs in zip(*hours.values(), strict=True)]
    yield ("**CPU hours, once, all history**", *(f"**{between(total)}**" for total in totals))
    yield ("machines, to have it within a day", *(machines(total, DAY_HOURS) for total in totals))
    yield ("machines, to have it within an hour", *(machines(total, 1) for total in totals))


def machines(cpu_hours: Range, hours: float) -> str:
    """How many machines do so many CPU hours in so many hours."""
    a_machine = hours * MACHINE_CORES * USED_SHARE
    needed = [math.ceil(value / a_machine) for value in (cpu_hours.low, cpu_hours.high)]
    return f"{needed[0]:,}" if needed[0] == needed[1] else f"{needed[0]:,} to {needed[1]:,}"


def _disk(results: Results) -> Iterator[tuple[str, ...]]:
    """Bytes an event, which do not change with how many there are."""
    ingest, features = results.stages["ingest"].findings, results.stages["features"].findings
    lines, events = ingest.sizes["lines"], features.sizes["events"]
    an_event = {"log files as they came": ingest.sizes["bytes"] / lines} | {
        name: ingest.stored_bytes[name] / lines for name in ("raw_logs", "events")
    }
    an_event |= {name: size / events for name, size in features.stored_bytes.items() if name != "events"}
    yield from (_gigabytes(f"disk, GB: {name}", size) for name, size in an_event.items())
    yield _gigabytes("**disk, GB, together**", sum(an_event.values()))


def _gigabytes(name: str, an_event: float) -> tuple[str, ...]:
    return (name, *(plain(an_event * n / GIGABYTE, 2) for n in EVENTS))


def _memory(curves: Mapping[str, Curve]) -> Iterator[tuple[str, ...]]:
    points = [(point.at, float(point.cost.peak_bytes)) for point in curves[WHOLE].points]
    yield ("memory of the largest step, GB", *(between(beyond(points, n) * (1 / GIGABYTE)) for n in EVENTS))
