"""`python -m benchmarks`: measure, write `benchmarks/results/*.json`, print one table; fails if a promise is broken."""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.beside_pandas import beside_pandas
from benchmarks.daily_update import daily_update
from benchmarks.drift import drift
from benchmarks.features import features
from benchmarks.findings import Findings
from benchmarks.growth import growth
from benchmarks.ingest import ingest
from benchmarks.new_day import new_day
from benchmarks.report import table, write_results
from benchmarks.scoring import scoring
from benchmarks.serving import serving
from benchmarks.sizes import SIZES
from benchmarks.training import training
from benchmarks.workbench import Workbench

BENCHMARKS: Mapping[str, Callable[[Workbench], Findings]] = {
    "ingest": ingest,
    "features": features,
    "beside_pandas": beside_pandas,
    "new_day": new_day,
    "growth": growth,
    "training": training,
    "scoring": scoring,
    "drift": drift,
    "daily_update": daily_update,
    "serving": serving,
}


def main() -> int:
    """Run what was asked for; 1 if a promise of the full size is broken."""
    asked = _arguments()
    with tempfile.TemporaryDirectory(prefix="churn-bench-") as temporary:
        scratch = Path(asked.scratch or temporary).resolve()
        scratch.mkdir(parents=True, exist_ok=True)
        bench = Workbench(scratch, SIZES[asked.size], _teller())
        found = [_measure(BENCHMARKS[name], bench) for name in asked.only or BENCHMARKS]
    print(table(found))
    is_met = all(target.is_met for findings in found for target in findings.targets)
    return 0 if is_met or asked.size == "small" else 1


def _measure(benchmark: Callable[[Workbench], Findings], bench: Workbench) -> Findings:
    """One benchmark's findings, written at once: what was measured stays, whatever the next one does."""
    findings = benchmark(bench)
    write_results(findings, size=bench.size.name, at=datetime.now(UTC))
    return findings


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--size", choices=SIZES, default="full", help="small is a smoke run: its figures mean little")
    parser.add_argument("--only", action="append", choices=BENCHMARKS, help="run this benchmark; may be repeated")
    parser.add_argument("--scratch", help="keep the data in this folder and use what is there")
    return parser.parse_args()


def _teller() -> Callable[[str], None]:
    """Prints progress with the seconds since the start."""
    started = time.monotonic()
    return lambda text: print(f"[{time.monotonic() - started:5.0f} s] {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
