"""What is measured of a process: its CPU, its memory, the cores it was held to, and that it does not outlive us."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.measuring import BUSY_CORES, Cost, busy_seconds, measured, total
from churn_assets_tests.benchmarks.jobs import fail, hold, keeps_bytecode, spin, threads

INTERRUPTED = """
import signal, sys
signal.signal(signal.SIGTERM, signal.default_int_handler)
from benchmarks.measuring import measured
from churn_assets_tests.benchmarks.jobs import mark_and_wait
measured(mark_and_wait, file=sys.argv[1])
"""


def test_cpu_seconds_are_those_of_the_process_and_not_of_its_waiting() -> None:
    done = measured(spin, seconds=0.3)

    assert done.cost.cpu_seconds >= 0.3
    assert done.cost.wall_seconds > 0
    assert done.cost.spread is None


def test_of_repeats_the_cheapest_counts_and_the_dearest_is_told() -> None:
    cost = measured(spin, repeats=2, seconds=0.05).cost

    assert cost.repeats == 2
    assert cost.dearest_cpu_seconds is not None
    assert cost.dearest_cpu_seconds >= cost.cpu_seconds
    assert cost.spread is not None
    assert cost.spread >= 0


def test_the_peak_of_memory_is_that_of_the_process() -> None:
    little, much = (measured(hold, megabytes=size).cost.peak_bytes for size in (1, 101))

    assert much - little == pytest.approx(100 << 20, rel=0.1)


@pytest.mark.parametrize("cores", [1, 2])
def test_a_job_is_held_to_its_cores_and_so_are_its_libraries(cores: int) -> None:
    there = min(cores, len(os.sched_getaffinity(0)))

    assert measured(spin, cores=cores, seconds=0.0).answer == there
    assert measured(threads, cores=cores).answer == {"OMP_NUM_THREADS": str(there), "THREADS": str(there)}


def test_a_job_that_fails_is_an_error_that_names_it() -> None:
    with pytest.raises(subprocess.CalledProcessError, match="jobs:fail") as caught:
        measured(fail)

    assert caught.value.returncode == 3


def test_what_others_compute_is_seen_by_whoever_measures() -> None:
    before = busy_seconds()
    with subprocess.Popen([sys.executable, "-c", "import time\nwhile time.process_time() < 1: pass"]) as other:
        other.wait()

    assert busy_seconds() - before > 0.8


def test_a_process_that_others_disturbed_says_so() -> None:
    assert Cost(1, 1, 1, others_cores=BUSY_CORES).is_undisturbed
    assert not Cost(1, 1, 1, others_cores=2 * BUSY_CORES).is_undisturbed


def test_steps_one_after_the_other_add_up_but_for_their_memory() -> None:
    whole = total([Cost(1, 2, 30, repeats=3, others_cores=0.1), Cost(10, 20, 20, others_cores=0.4)])

    assert whole == Cost(11, 22, 30, repeats=1, others_cores=0.4)


def test_a_job_does_not_go_on_when_the_run_is_stopped(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    with subprocess.Popen([sys.executable, "-c", INTERRUPTED, str(mark)], stderr=subprocess.DEVNULL) as run:
        while not (mark.exists() and mark.read_text()):
            time.sleep(0.05)
        run.send_signal(signal.SIGTERM)
        run.wait(timeout=60)

    assert not Path(f"/proc/{mark.read_text()}").exists()


def test_a_job_keeps_its_bytecode_as_processes_of_users_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")

    assert measured(keeps_bytecode).answer is True
