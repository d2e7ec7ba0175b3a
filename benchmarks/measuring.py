"""What a whole process costs: CPU seconds of user and system, wall seconds, peak memory."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

THREADS = 2
KIBIBYTE = 1 << 10
_THREAD_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS", "ARROW_NUM_THREADS")


@dataclass(frozen=True)
class Cost:
    """What one process took, its interpreter's start and imports included."""

    cpu_seconds: float
    wall_seconds: float
    peak_bytes: int


@dataclass(frozen=True)
class Measured:
    """The cost of a job, and what it answered."""

    cost: Cost
    answer: Any


def measured(job: Callable[..., object], *, repeats: int = 1, **arguments: object) -> Measured:
    """Run a module's function in processes of its own, `repeats` times; the cheapest counts, in CPU seconds.

    The machine's other work can only make a process look dearer, so the cheapest is the nearest to the truth. Raises
    CalledProcessError if a process fails.
    """
    done = [_run_once(job, arguments) for _ in range(repeats)]
    return min(done, key=lambda run: run.cost.cpu_seconds)


def _run_once(job: Callable[..., object], arguments: dict[str, object]) -> Measured:
    command = [sys.executable, "-m", "benchmarks.job", f"{job.__module__}:{job.__name__}", json.dumps(arguments)]
    environment = os.environ | dict.fromkeys(_THREAD_LIMITS, str(THREADS))
    started = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as process:
        assert process.stdout is not None
        output = process.stdout.read()
        # A child's usage is known only to whoever waits for it, so Popen must not be the one.
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - started
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    cost = Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss * KIBIBYTE)
    return Measured(cost, json.loads(output.splitlines()[-1]))
