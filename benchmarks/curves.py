"""The scaling curves of a run: as pictures, and as slopes with their fits."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import cycle

from benchmarks.chart import COLOURS, Panel, Series, drawing
from benchmarks.findings import Axis, Curve, Point
from benchmarks.fits import power_law
from benchmarks.measuring import Cost
from benchmarks.results import Results
from benchmarks.words import MEBIBYTE, brief, plain, table, wrapped

Measure = Callable[[Cost], float]
"""What a picture shows of a cost."""
NAMES = {
    Axis.EVENTS: "events",
    Axis.CUTOFFS: "cutoffs",
    Axis.HISTORY: "history",
    Axis.CORES: "cores",
}
TITLES = {
    Axis.EVENTS: "More events",
    Axis.CUTOFFS: "More cut-offs",
    Axis.HISTORY: "More history",
    Axis.CORES: "More cores",
}
TOLD = {
    Axis.EVENTS: "Listeners, and with them events, 1x, 4x and 16x. A slope of 1 (dashed) is as much more CPU as there "
    "are more events; below it are fixed costs, above it something that grows faster than the events.",
    Axis.CUTOFFS: "Weekly cut-offs in one pass over more than a year of events.",
    Axis.HISTORY: "One new day, from its log file to its daily aggregates, after so many days of history.",
    Axis.CORES: "The same work held to one core and to two. Dashed is half the time.",
}
WHOLE = "events to features"
"""All steps of that name together."""
STEPS = (WHOLE, "ingest", "sessions", "listener_days", "listener_item_gaps", "user_features")
"""Steps that several pictures show, in the order of their colours."""


def _cpu(cost: Cost) -> float:
    return cost.cpu_seconds


def _wall(cost: Cost) -> float:
    return cost.wall_seconds


def _peak(cost: Cost) -> float:
    return cost.peak_bytes / MEBIBYTE


CPU, PEAK = "CPU seconds", "Peak memory, MB"
PANELS: Mapping[Axis, Sequence[tuple[str, Measure, float | None]]] = {
    Axis.EVENTS: ((CPU, _cpu, 1.0), (PEAK, _peak, None)),
    Axis.CUTOFFS: ((CPU, _cpu, None), (PEAK, _peak, None)),
    Axis.HISTORY: ((CPU, _cpu, 0.0), (PEAK, _peak, None)),
    Axis.CORES: (("Wall seconds", _wall, -1.0), (CPU, _cpu, None)),
}
"""The panels of each picture: what they show, and the slope of the dashed line."""


def curves_of(results: Results) -> Mapping[Axis, list[Curve]]:
    """The curves of all stages by what they grow along, the sum of steps first; axes without any are left out."""
    found = [curve for stage in results.stages.values() for curve in stage.findings.curves]
    found.sort(key=lambda curve: curve.step != WHOLE)
    by_axis = {axis: [curve for curve in found if curve.axis == axis] for axis in Axis}
    return {axis: curves for axis, curves in by_axis.items() if curves}


def picture_name(axis: Axis) -> str:
    """The file of an axis' picture."""
    return f"performance-{NAMES[axis]}.svg"


def pictures(results: Results) -> Mapping[str, str]:
    """Every picture by the name of its file."""
    return {picture_name(axis): _picture(axis, curves) for axis, curves in curves_of(results).items()}


def _picture(axis: Axis, curves: Sequence[Curve]) -> str:
    panels = [
        Panel(name, axis, _series(curves, measure), _ticks(curves[0]), guide=guide)
        for name, measure, guide in PANELS[axis]
    ]
    return drawing(panels, f"{TITLES[axis]}: {' and '.join(panel.title.lower() for panel in panels)}")


def _series(curves: Sequence[Curve], measure: Measure) -> list[Series]:
    """The lines of a panel; the memory of several steps one after the other is that of one of them, and left out."""
    shown = [curve for curve in curves if measure is not _peak or curve.step != WHOLE]
    colours = _colours(curves)
    return [
        Series(curve.step, [(_at(curve, point), measure(point.cost)) for point in curve.points], colours[curve.step])
        for curve in shown
    ]


def _colours(curves: Sequence[Curve]) -> Mapping[str, str]:
    """A colour for each curve: its step's own, or the next that no step of this picture has."""
    names = {curve.step: curve.step.partition(" of ")[0] for curve in curves}
    known = {step: COLOURS[STEPS.index(name)] for step, name in names.items() if name in STEPS}
    free = cycle(COLOURS[len(STEPS) :])
    return {curve.step: known.get(curve.step) or next(free) for curve in curves}


def _ticks(curve: Curve) -> list[tuple[float, str]]:
    return [(_at(curve, point), _place(curve, point)) for point in curve.points]


def _at(curve: Curve, point: Point) -> float:
    """Where a point is drawn: sizes of data as multiples of the first, which differs from step to step."""
    return point.at / curve.points[0].at if curve.axis == Axis.EVENTS else point.at


def _place(curve: Curve, point: Point) -> str:
    return f"{_at(curve, point):.0f}x" if curve.axis == Axis.EVENTS else brief(point.at)


def section(axis: Axis, curves: Sequence[Curve]) -> str:
    """The axis' picture, and a row for each of its curves."""
    return "\n\n".join(
        [
            f"### {TITLES[axis]}",
            wrapped(TOLD[axis]),
            f"![{TITLES[axis]}](images/{picture_name(axis)})",
            table(_headings(axis, curves[0]), (_row(axis, curve) for curve in curves)),
        ]
    )


def _headings(axis: Axis, first: Curve) -> list[str]:
    if axis == Axis.CORES:
        return ["step", *(f"{name}, {point.at:.0f}" for name in ("wall s", "CPU s") for point in first.points)]
    places = [f"CPU s, {_place(first, point)}" for point in first.points]
    return ["step", *(["1x is", *places] if axis == Axis.EVENTS else places), "slope", "R²", "last slope"]


def _row(axis: Axis, curve: Curve) -> Iterator[str]:
    yield curve.step
    if axis == Axis.CORES:
        yield from (plain(measure(point.cost)) for measure in (_wall, _cpu) for point in curve.points)
        return
    if axis == Axis.EVENTS:
        yield brief(curve.points[0].at)
    costs = [(point.at, _cpu(point.cost)) for point in curve.points]
    yield from (plain(cost) for _, cost in costs)
    law = power_law(costs)
    yield from (f"{law.slope:.2f}", f"{law.fit:.3f}", f"{law.last_slope:.2f}")
