"""Findings as JSON files and as one table."""

import json
import os
import platform
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.findings import Findings, Target
from benchmarks.measuring import THREADS

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("duckdb", "ibis-framework", "pyarrow", "pandas", "numpy", "msgspec")
MEBIBYTE = 1 << 20


def machine() -> dict[str, object]:
    """What the figures were measured on."""
    return {
        "system": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_mb": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // MEBIBYTE,
        "threads": THREADS,
    }


def _processor() -> str:
    """The processor's name where the kernel tells it."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def versions() -> dict[str, str]:
    """Versions of Python and of what does the work."""
    return {"python": platform.python_version()} | {package: version(package) for package in PACKAGES}


def write_results(findings: Findings, *, size: str, at: datetime) -> Path:
    """Write one benchmark's findings to `benchmarks/results/<benchmark>-<size>.json`."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{findings.benchmark}-{size}.json"
    targets = [asdict(target) | {"is_met": target.is_met} for target in findings.targets]
    content = {"at": at.isoformat(), "size": size, "machine": machine(), "versions": versions()}
    path.write_text(json.dumps(content | asdict(findings) | {"targets": targets}, indent=2) + "\n")
    return path


def table(found: Iterable[Findings]) -> str:
    """Every process and every promise, as text in columns."""
    rows: list[tuple[str, ...]] = []
    for findings in found:
        sizes = ", ".join(f"{name} {count:,}" for name, count in findings.sizes.items())
        rows += [(f"{findings.benchmark} ({sizes})", "CPU s", "wall s", "peak MB")]
        rows += [
            (f"  {line.case}", f"{c.cpu_seconds:.2f}", f"{c.wall_seconds:.2f}", f"{c.peak_bytes / MEBIBYTE:.0f}")
            for line in findings.lines
            for c in [line.cost]
        ]
        rows += [_promise(target) for target in findings.targets]
    return "\n".join(_aligned(rows))


def _promise(target: Target) -> tuple[str, ...]:
    sign = "<=" if target.is_ceiling else ">="
    verdict = "met" if target.is_met else "MISSED"
    return (f"  = {target.promise}", f"{target.figure:.3g}", f"{sign} {target.limit:g}", verdict)


def _aligned(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(len(row[n]) for row in rows) for n in range(4)]
    for first, *rest in rows:
        yield "  ".join(
            [first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True))]
        )
