"""One measured process: `python -m benchmarks.job MODULE:FUNCTION ARGUMENTS` calls a function and prints its answer.

ARGUMENTS are the keyword arguments as one JSON object; the answer is the last line of the output, as JSON.
"""

import json
import sys
from importlib import import_module


def main(target: str, arguments: str) -> None:
    """Call the function that `target` names."""
    module, _, function = target.partition(":")
    answer = getattr(import_module(module), function)(**json.loads(arguments))
    print(json.dumps(answer))


if __name__ == "__main__":
    main(*sys.argv[1:])
