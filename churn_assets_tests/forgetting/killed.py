"""Forgets the planted listener of a home, and is killed again and again: `killed.py HOME STEPS` prints each death."""

import os
import signal
import sys
import warnings
from pathlib import Path

from churn_assets.forgetting.journal import Journal
from churn_assets_tests.forgetting.site import forgetting
from churn_assets_tests.orchestration.tiny import Site


def die_after(steps: int) -> None:
    """Let this process be killed as soon as so many steps stand in the journal, before they are done."""
    write, left = Journal._write, [steps]

    def writing(journal: Journal, kind: str, **entry: object) -> None:
        write(journal, kind, **entry)
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)

    Journal._write = writing  # type: ignore[method-assign]


def main(home: Path, steps: int) -> None:
    """Try until a try ends by itself."""
    for _ in range(1_000):
        child = os.fork()
        if child == 0:
            die_after(steps)
            forgetting(Site(home)).carry_out()
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            sys.exit(os.waitstatus_to_exitcode(status))
        sys.stdout.write("killed\n")
        sys.stdout.flush()


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(Path(sys.argv[1]), int(sys.argv[2]))
