"""Results as one table of text."""

from collections.abc import Iterator, Sequence

from benchmarks.findings import Line, Target
from benchmarks.results import Measurement, Results

MEBIBYTE = 1 << 20
HEADINGS = ("CPU s", "spread", "wall s", "peak MB")


def report(results: Results, names: Sequence[str]) -> str:
    """Every process and every promise of the stages that have been measured, in columns."""
    rows = [row for name in names if name in results.stages for row in _rows(results.stages[name], results.size)]
    missing = [name for name in names if name not in results.stages]
    notes = [f"Not measured yet: {', '.join(missing)}."] if missing else []
    return "\n".join([*_aligned(rows), *notes])


def _rows(stage: Measurement, size: str) -> Iterator[tuple[str, ...]]:
    findings = stage.findings
    sizes = ", ".join(f"{name} {count:,}" for name, count in findings.sizes.items())
    yield (f"{findings.benchmark} ({sizes})", *HEADINGS)
    yield from (_process(line) for line in findings.lines)
    yield from (_promise(target, size) for target in findings.targets)


def _process(line: Line) -> tuple[str, ...]:
    cost = line.cost
    spread = "" if cost.spread is None else f"+{cost.spread:.0%}"
    wall = f"{'' if cost.is_undisturbed else '~'}{cost.wall_seconds:.2f}"
    return (f"  {line.case}", f"{cost.cpu_seconds:.2f}", spread, wall, f"{cost.peak_bytes / MEBIBYTE:.0f}")


def _promise(target: Target, size: str) -> tuple[str, ...]:
    verdict = "no verdict" if size == "small" else "met" if target.is_met else "MISSED"
    return (f"  = {target.promise}", f"{target.figure:.3g}", "", limit(target), verdict)


def limit(target: Target) -> str:
    """What the figure is held against."""
    return f"{'<=' if target.is_ceiling else '>='} {target.limit:g}"


def _aligned(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max((len(row[n]) for row in rows), default=0) for n in range(len(HEADINGS) + 1)]
    for first, *rest in rows:
        cells = [first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True))]
        yield "  ".join(cells).rstrip()
