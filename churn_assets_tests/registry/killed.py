"""A program that is killed while it changes the champion: `killed.py STAGE FOLDER [STAGE FOLDER …]`."""

import os
import signal
import sys
from datetime import UTC, date, datetime
from pathlib import Path

from churn_assets.registry.evidence import Evidence
from churn_assets.registry.history import History
from churn_assets.registry.promotion import Decision
from churn_assets.registry.registry import ModelRegistry
from churn_assets.registry.tracking import tracking_below

AT = datetime(2026, 6, 1, tzinfo=UTC)


def die() -> None:
    """Leave no time for any cleaning up."""
    os.kill(os.getpid(), signal.SIGKILL)


class DiesBefore(ModelRegistry):
    """Killed when the intent is written and the alias has not moved."""

    def point(self, alias: str, number: str) -> None:
        """Die first."""
        die()
        super().point(alias, number)


class DiesAfter(ModelRegistry):
    """Killed when the alias has moved and the record is not closed."""

    def point(self, alias: str, number: str) -> None:
        """Die after."""
        super().point(alias, number)
        die()


STAGES = {"before": DiesBefore, "after": DiesAfter}


def promotion(version: str, champion: str | None) -> Decision:
    """A decision for `version`."""
    day = date(2026, 5, 4)
    evidence = Evidence(version, "logistic", 0.4, 100, 30, 0, day, day, champion, ())
    return Decision(is_promoted=True, reason=f"{version} is better.", evidence=evidence)


def main(arguments: list[str]) -> None:
    """Promote version 2 over version 1 in each folder, each in a process that dies at its stage."""
    for stage, folder in zip(arguments[::2], arguments[1::2], strict=True):
        child = os.fork()
        if child == 0:
            History(STAGES[stage](tracking_below(Path(folder)))).carry_out(promotion("2", "1"), at=AT)
            os._exit(3)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status), status


if __name__ == "__main__":
    import mlflow.entities  # noqa: F401 - imported once, before the children are forked

    main(sys.argv[1:])
