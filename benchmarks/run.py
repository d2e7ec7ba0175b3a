"""One run: stage after stage, each kept as soon as it is measured."""

import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.conditions import Conditions, conditions
from benchmarks.measuring import BUSY_CORES, busy_seconds
from benchmarks.results import Measurement, Results, read_results, write_results
from benchmarks.sizes import Size
from benchmarks.stages import STAGES, Stage
from benchmarks.workbench import Workbench

LOOK_S = 1.0
"""How long is looked whether others compute before anything is measured."""


class Teller:
    """Prints progress with the seconds since the start."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    def __call__(self, text: str) -> None:
        """Print a line."""
        print(f"[{time.monotonic() - self._started:5.0f} s] {text}", file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Outcome:
    """Stages that failed, and whether the run was stopped before its end."""

    failed: list[str] = field(default_factory=list)
    is_interrupted: bool = False


@dataclass(frozen=True)
class Run:
    """What is measured, under which conditions, and where the results are kept."""

    size: Size
    path: Path
    conditions: Conditions
    is_resumed: bool
    stages: Mapping[str, Stage] = field(default_factory=lambda: STAGES)

    @classmethod
    def of(cls, size: Size, folder: Path, *, is_resumed: bool) -> "Run":
        """A run of this code on this machine, whose results go below `folder`."""
        return cls(size, folder / "results.json", conditions(), is_resumed)

    @property
    def results(self) -> Results:
        """What has been measured so far, by this run or one before."""
        return read_results(self.path) if self.path.exists() else Results(self.size.name)

    def open_stages(self, names: Sequence[str]) -> list[str]:
        """Those among `names` that are to be measured: all, or for a resumed run those that this code never measured.

        Raises ValueError if there are results that cannot be added to: better now than after an hour.
        """
        found = self.results.measured_under(self.conditions)
        done = found if self.is_resumed else {}
        return [name for name in self.stages if name in names and name not in done]

    def measure(self, names: Sequence[str], scratch: Path, tell: Callable[[str], None]) -> Outcome:
        """Measure the stages one after the other; a stage that fails costs the others nothing."""
        bench, failed = Workbench(scratch, self.size, tell), []
        _warn_if_busy(tell)
        for number, name in enumerate(names, start=1):
            tell(f"== {name} ({number} of {len(names)}): {self.stages[name].title}")
            try:
                self._measure(name, bench)
            except (subprocess.CalledProcessError, RuntimeError, OSError) as error:
                failed.append(name)
                tell(f"{name} failed: {_told(error)}")
            except KeyboardInterrupt:
                return Outcome(failed, is_interrupted=True)
        return Outcome(failed)

    def _measure(self, name: str, bench: Workbench) -> None:
        started = time.monotonic()
        findings = self.stages[name].run(bench)
        measurement = Measurement(datetime.now(UTC), time.monotonic() - started, self.conditions, findings)
        write_results(self.results.with_stage(name, measurement), self.path)

    def misses_a_goal(self, names: Sequence[str]) -> bool:
        """Whether a figure of these stages breaks a promise; at a small size none was made."""
        stages = self.results.stages
        targets = [target for name in names if name in stages for target in stages[name].findings.targets]
        return self.size.name != "small" and not all(target.is_met for target in targets)


def _told(error: Exception) -> str:
    """What went wrong; a job's whole command line would hide it."""
    match error:
        case subprocess.CalledProcessError(returncode=code, cmd=[*_, job, _arguments, _cores]):
            return f"{job} ended with exit code {code}; what it said stands above."
        case _:
            return str(error)


def _warn_if_busy(tell: Callable[[str], None]) -> None:
    before = busy_seconds()
    time.sleep(LOOK_S)
    others = (busy_seconds() - before) / LOOK_S
    if others > BUSY_CORES:
        tell(
            f"The machine is busy: others keep {others:.1f} cores at work. CPU seconds are still worth something (they "
            "come out up to a quarter too high), wall seconds are not; those that others disturbed are marked with ~."
        )
