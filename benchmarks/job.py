"""One measured process: `python -m benchmarks.job MODULE:FUNCTION ARGUMENTS [CORES]` calls a function.

ARGUMENTS are the keyword arguments as one JSON object; the answer is the last line of the output, as JSON.
"""

import json
import os
import sys
from importlib import import_module


def main(target: str, arguments: str, cores: str = "") -> None:
    """Call the function that `target` names, on the last `cores` of the cores that this process may use."""
    if cores:
        # The first core serves the system's interrupts. Before any import: libraries count the cores when they load.
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-int(cores) :])
    module, _, function = target.partition(":")
    answer = getattr(import_module(module), function)(**json.loads(arguments))
    print(json.dumps(answer))


if __name__ == "__main__":
    main(*sys.argv[1:])
