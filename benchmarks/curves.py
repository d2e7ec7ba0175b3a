"""The scaling curves of a run: as pictures, and as slopes with their fits."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from benchmarks.chart import Panel, Series, drawing
from benchmarks.findings import Axis, Curve, Point
from benchmarks.fits import power_law
from benchmarks.measuring import Cost
from benchmarks.results import Results
from benchmarks.words import MEBIBYTE, brief, plain, table

Measure = Callable[[Cost], float]
NAMES = {
    Axis.EVENTS: "events",
    Axis.CUTOFFS: "cutoffs",
    Axis.HISTORY: "history",
    Axis.CORES: "cores",
    Axis.ROWS: "rows",
}
TITLES = {
    Axis.EVENTS: "More events",
    Axis.CUTOFFS: "More cut-offs",
    Axis.HISTORY: "More history",
    Axis.CORES: "More cores",
    Axis.ROWS: "More rows",
}
TOLD = {
    Axis.EVENTS: "Listeners, and with them events, 1x, 4x and 16x. A slope of 1 (dashed) is as much more CPU as there "
    "are more events; below it are fixed costs, above it something that grows faster than the events.",
    Axis.CUTOFFS: "Weekly cut-offs in one pass over more than a year of events.",
    Axis.HISTORY: "One new day, from its log file to its daily aggregates, after so many days of history.",
    Axis.CORES: "The same work held to one core and to two. Dashed is half the time.",
    Axis.ROWS: "Rows of listeners at a cut-off.",
}
MULTIPLIED = (Axis.EVENTS, Axis.ROWS)
GUIDES = {Axis.EVENTS: 1.0, Axis.CUTOFFS: None, Axis.HISTORY: 0.0, Axis.CORES: -1.0, Axis.ROWS: 1.0}


def _cpu(cost: Cost) -> float:
    return cost.cpu_seconds


def _wall(cost: Cost) -> float:
    return cost.wall_seconds


def _peak(cost: Cost) -> float:
    return cost.peak_bytes / MEBIBYTE


MEASURES: Mapping[Axis, Sequence[tuple[str, Measure]]] = {
    Axis.EVENTS: (("CPU seconds", _cpu), ("Peak memory, MB", _peak)),
    Axis.CUTOFFS: (("CPU seconds", _cpu), ("Peak memory, MB", _peak)),
    Axis.HISTORY: (("CPU seconds", _cpu), ("Peak memory, MB", _peak)),
    Axis.CORES: (("Wall seconds", _wall), ("CPU seconds", _cpu)),
    Axis.ROWS: (("CPU seconds", _cpu), ("Peak memory, MB", _peak)),
}


def curves_of(results: Results) -> Mapping[Axis, list[Curve]]:
    """The curves of all stages by what they grow along; axes without any are left out."""
    found = [curve for stage in results.stages.values() for curve in stage.findings.curves]
    by_axis = {axis: [curve for curve in found if curve.axis == axis] for axis in Axis}
    return {axis: curves for axis, curves in by_axis.items() if curves}


def picture_name(axis: Axis) -> str:
    """The file of an axis' picture."""
    return f"performance-{NAMES[axis]}.svg"


def pictures(results: Results) -> Mapping[str, str]:
    """Every picture by the name of its file."""
    return {picture_name(axis): _picture(axis, curves) for axis, curves in curves_of(results).items()}


def _picture(axis: Axis, curves: Sequence[Curve]) -> str:
    panels = [_panel(axis, curves, name, measure) for name, measure in MEASURES[axis]]
    return drawing(panels, f"{TITLES[axis]}: {' and '.join(panel.title.lower() for panel in panels)}")


def _panel(axis: Axis, curves: Sequence[Curve], name: str, measure: Measure) -> Panel:
    series = [
        Series(curve.step, [(_at(curve, point), measure(point.cost)) for point in curve.points]) for curve in curves
    ]
    ticks = [(_at(curves[0], point), _place(curves[0], point)) for point in curves[0].points]
    guide = GUIDES[axis] if measure is not _peak else None
    return Panel(name, axis, series, ticks, guide=guide)


def _at(curve: Curve, point: Point) -> float:
    """Where a point is drawn: sizes of data as multiples of the first, which differs from step to step."""
    return point.at / curve.points[0].at if curve.axis in MULTIPLIED else point.at


def _place(curve: Curve, point: Point) -> str:
    return f"{_at(curve, point):.0f}x" if curve.axis in MULTIPLIED else brief(point.at)


def section(axis: Axis, curves: Sequence[Curve]) -> str:
    """The axis' picture, and a row for each of its curves."""
    return "\n\n".join(
        [
            f"### {TITLES[axis]}",
            TOLD[axis],
            f"![{TITLES[axis]}](images/{picture_name(axis)})",
            table(_headings(axis, curves[0]), (_row(axis, curve) for curve in curves)),
        ]
    )


def _headings(axis: Axis, first: Curve) -> list[str]:
    if axis == Axis.CORES:
        return ["step", *(f"{name}, {point.at:.0f}" for name in ("wall s", "CPU s") for point in first.points)]
    places = [f"CPU s, {_place(first, point)}" for point in first.points]
    return ["step", *(["1x is", *places] if axis in MULTIPLIED else places), "slope", "R²", "last slope"]


def _row(axis: Axis, curve: Curve) -> Iterator[str]:
    yield curve.step
    if axis == Axis.CORES:
        yield from (plain(measure(point.cost)) for measure in (_wall, _cpu) for point in curve.points)
        return
    if axis in MULTIPLIED:
        yield brief(curve.points[0].at)
    costs = [(point.at, _cpu(point.cost)) for point in curve.points]
    yield from (plain(cost) for _, cost in costs)
    law = power_law(costs)
    yield from (f"{law.slope:.2f}", f"{law.fit:.3f}", f"{law.last_slope:.2f}")
