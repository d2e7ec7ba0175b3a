"""What a whole process costs: CPU seconds of user and system, wall seconds, peak memory, and who else was computing."""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

CORES = 2
"""Every job is held to so many cores, whatever the machine has: what the goals are promised on."""
THREADS = min(CORES, len(os.sched_getaffinity(0)))
"""Threads of what runs in this process: one a core that it may use."""
BUSY_CORES = 0.25
"""From so much of a core taken by others on, wall seconds say more about them than about us."""
_THREAD_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS", "ARROW_NUM_THREADS")
_NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"
"""Where it is set, every process translates what it imports anew, and that would be called the price of its start."""
_TICKS = os.sysconf("SC_CLK_TCK")
_STAT = Path("/proc/stat")
_WAITING = slice(3, 5)
"""Places of idle and iowait among the times of a `cpu` line; the eight first are all that do not overlap."""


@dataclass(frozen=True)
class Cost:
    """What one process took, its interpreter's start and imports included.

    Of several `repeats` the cheapest counts, and `dearest_cpu_seconds` says how far they lay apart. `others_cores` is
    how many cores everybody else kept busy meanwhile.
    """

    cpu_seconds: float
    wall_seconds: float
    peak_bytes: int
    repeats: int = 1
    dearest_cpu_seconds: float | None = None
    others_cores: float = 0.0

    @property
    def spread(self) -> float | None:
        """How much dearer than the cheapest the dearest of the repeats was, as a share; None for a single one."""
        dearest = self.dearest_cpu_seconds
        return None if dearest is None or not self.cpu_seconds else dearest / self.cpu_seconds - 1

    @property
    def is_undisturbed(self) -> bool:
        """Whether the wall seconds can be trusted."""
        return self.others_cores <= BUSY_CORES


@dataclass(frozen=True)
class Measured:
    """The cost of a job, and what it answered."""

    cost: Cost
    answer: Any


def total(costs: Sequence[Cost]) -> Cost:
    """Steps that run one after the other, as one: their seconds added up, the largest of their memory peaks."""
    return Cost(
        sum(cost.cpu_seconds for cost in costs),
        sum(cost.wall_seconds for cost in costs),
        max(cost.peak_bytes for cost in costs),
        repeats=min(cost.repeats for cost in costs),
        others_cores=max(cost.others_cores for cost in costs),
    )


def measured(job: Callable[..., object], *, repeats: int = 1, cores: int = CORES, **arguments: object) -> Measured:
    """Run a module's function in processes of its own, `repeats` times; the cheapest counts, in CPU seconds.

    The machine's other work can only make a process look dearer, so the cheapest is the nearest to the truth. Raises
    CalledProcessError if a process fails.
    """
    done = [_run_once(job, arguments, cores) for _ in range(repeats)]
    best = min(done, key=lambda run: run.cost.cpu_seconds)
    if repeats == 1:
        return best
    dearest = max(run.cost.cpu_seconds for run in done)
    return replace(best, cost=replace(best.cost, repeats=repeats, dearest_cpu_seconds=dearest))


def _run_once(job: Callable[..., object], arguments: dict[str, object], cores: int) -> Measured:
    target = f"{job.__module__}:{job.__name__}"
    command = [sys.executable, "-m", "benchmarks.job", target, json.dumps(arguments), str(cores)]
    kept = {name: value for name, value in os.environ.items() if name != _NO_BYTECODE}
    environment = kept | dict.fromkeys(_THREAD_LIMITS, str(min(cores, THREADS)))
    started, busy = time.perf_counter(), busy_seconds()
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as process:
        output, usage = _awaited(process)
    wall = time.perf_counter() - started
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    cpu = usage.ru_utime + usage.ru_stime
    others = max(0.0, busy_seconds() - busy - cpu) / wall
    *_, peak_bytes, answer = output.splitlines()
    return Measured(Cost(cpu, wall, int(peak_bytes), others_cores=round(others, 3)), json.loads(answer))


def _awaited(process: "subprocess.Popen[str]") -> tuple[str, resource.struct_rusage]:
    """What a process printed, and what it used; if we are interrupted, it does not go on without us."""
    assert process.stdout is not None
    try:
        output = process.stdout.read()
        # A child's usage is known only to whoever waits for it, so Popen must not be the one.
        _, status, usage = os.wait4(process.pid, 0)
    except BaseException:
        process.kill()
        raise
    process.returncode = os.waitstatus_to_exitcode(status)
    return output, usage


def busy_seconds() -> float:
    """Seconds that all cores of the machine together have worked since it started, stolen ones included.

    0 where the kernel does not say: then nobody else is seen.
    """
    if not _STAT.exists():
        return 0.0
    times = [int(field) for field in _STAT.read_text().split("\n", 1)[0].split()[1:9]]
    return (sum(times) - sum(times[_WAITING])) / _TICKS
