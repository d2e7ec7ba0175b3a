"""One measured process: `python -m benchmarks.job MODULE:FUNCTION ARGUMENTS [CORES]` calls a function.

ARGUMENTS are the keyword arguments as one JSON object. The last two lines of the output are the bytes of memory that
this process held at most, and the answer as JSON.
"""

import json
import os
import sys
from importlib import import_module
from pathlib import Path

KIBIBYTE = 1 << 10


def main(target: str, arguments: str, cores: str = "") -> None:
    """Call the function that `target` names, on the last `cores` of the cores that this process may use."""
    if cores:
        # The first core serves the system's interrupts. Before any import: libraries count the cores when they load.
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-int(cores) :])
    module, _, function = target.partition(":")
    answer = getattr(import_module(module), function)(**json.loads(arguments))
    print(peak_bytes())
    print(json.dumps(answer))


def peak_bytes() -> int:
    """The most memory that this process has held.

    `ru_maxrss` would begin with what the process held that started this one: it survives fork and exec.
    """
    status = Path("/proc/self/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) * KIBIBYTE


if __name__ == "__main__":
    main(*sys.argv[1:])
