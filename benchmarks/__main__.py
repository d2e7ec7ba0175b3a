"""`python -m benchmarks [STAGE ...]`: measure whole processes, each beside its reference in the same run.

Prints one table and writes results.json, performance.md and its pictures below benchmarks/results/SIZE/. Every stage is
written as soon as it is measured; an interrupted run keeps what it has, and --resume goes on with the rest. Exit codes:
0 all goals kept, 1 a goal missed (at the full size) or a stage failed, 2 asked for what there is not or the disk is too
small, 130 interrupted.
"""

import argparse
import signal
import sys
from pathlib import Path

from benchmarks.page import write_page
from benchmarks.report import report
from benchmarks.results import read_results
from benchmarks.run import Run, Teller
from benchmarks.scratch import DiskTooSmallError, scratch_folder
from benchmarks.sizes import SIZES
from benchmarks.stages import STAGES, gigabytes

RESULTS = Path(__file__).parent / "results"
INTERRUPTED = 130


def main() -> int:
    """Run what was asked for."""
    asked = _arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that scratch is cleaned up however we are stopped
    try:
        return max(_run(asked, size) for size in asked.size or ["full"])
    except (DiskTooSmallError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2


def _run(asked: argparse.Namespace, size: str) -> int:
    run = Run.of(SIZES[size], Path(asked.output) / size, is_resumed=asked.resume)
    names = run.open_stages(asked.stages or list(STAGES))
    kept = Path(asked.scratch) if asked.scratch else None
    with scratch_folder(kept, needed_gb=gigabytes(run.size, names)) as scratch:
        outcome = run.measure(names, scratch, Teller())
    if run.path.exists():
        results = read_results(run.path)
        print(report(results, asked.stages or list(STAGES)))
        write_page(results, run.path.with_name("performance.md"))
    if outcome.is_interrupted:
        print(f"Interrupted. What was measured stays in {run.path}; `--resume` measures the rest.", file=sys.stderr)
        return INTERRUPTED
    return 1 if outcome.failed or run.misses_a_goal(asked.stages or list(STAGES)) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        epilog="\n".join(f"  {name:14} {stage.title}" for name, stage in STAGES.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("stages", nargs="*", metavar="STAGE", help="one of those below; all, if none is named")
    parser.add_argument("--size", action="append", choices=SIZES, help="small is a smoke run; full by default")
    parser.add_argument("--resume", action="store_true", help="skip what this code has measured already")
    parser.add_argument("--scratch", metavar="FOLDER", help="keep the data in this folder and use what is there")
    parser.add_argument("--output", metavar="FOLDER", default=RESULTS, help="where results go (%(default)s)")
    asked = parser.parse_args()
    unknown = [name for name in asked.stages if name not in STAGES]
    if unknown:
        parser.error(f"there is no stage {', '.join(unknown)}; there are {', '.join(STAGES)}")
    return asked


if __name__ == "__main__":
    sys.exit(main())
