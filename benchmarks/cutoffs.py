"""One, twelve and fifty-two weekly cut-offs of more than a year of events: features, and what becomes of labels."""

from benchmarks.aggregates import aggregated, feature_cost
from benchmarks.findings import Axis, Curve, Findings, Line, Point
from benchmarks.labels import label_cost
from benchmarks.workbench import Workbench

BOUND = """
A cut-off more adds its pairs of rows and cut-off, and its file; a process' start and DuckDB's planning are paid once.
So the first cut-off is the dearest, and the slope below one is that fixed part, not a saving that goes on.
"""


def cutoffs(bench: Workbench) -> Findings:
    """What a cut-off more costs, where many are made in one pass."""
    size, service = bench.size, bench.size.year
    aggregated(bench, service)
    made = [
        Point(count, feature_cost(bench, service, service.cutoffs(count), repeats=size.repeats))
        for count in size.curve_cutoffs
    ]
    told = [
        Point(count, label_cost(bench, service, service.mature_cutoffs(count), repeats=size.repeats))
        for count in size.curve_cutoffs
    ]
    curves = [Curve("user_features", Axis.CUTOFFS, made), Curve("labels", Axis.CUTOFFS, told)]
    return Findings(
        "cutoffs",
        {"events": bench.events(service), "listeners": service.listeners, "days": service.days},
        [Line(f"{curve.step} at {point.at:.0f}", point.cost) for curve in curves for point in curve.points],
        curves=curves,
    )
