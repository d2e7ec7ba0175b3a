"""What the tests of measuring have measured: functions of a module, as every job is."""

import os
import sys
import time


def spin(seconds: float) -> int:
    """Keep a core busy for so many CPU seconds; gives the cores that the process may use."""
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
    return len(os.sched_getaffinity(0))


def hold(megabytes: int) -> int:
    """Hold so much memory at once, every page of it written; gives the bytes."""
    return len(b"\1" * (megabytes << 20))


def threads() -> dict[str, str]:
    """What libraries are told about threads, and what we use ourselves."""
    from benchmarks.measuring import THREADS

    return {"OMP_NUM_THREADS": os.environ["OMP_NUM_THREADS"], "THREADS": str(THREADS)}


def keeps_bytecode() -> bool:
    """Whether modules are kept as they were translated, for the next process."""
    return not sys.dont_write_bytecode


def fail() -> None:
    """End the process with an error."""
    raise SystemExit(3)


def mark_and_wait(file: str) -> None:
    """Write our process id, then do nothing for longer than any test lasts."""
    with open(file, "w") as stream:  # noqa: PTH123
        stream.write(str(os.getpid()))
    time.sleep(600)
