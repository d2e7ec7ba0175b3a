"""The scratch folder of a run: data are made once, and each benchmark takes what it needs."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import event_lake, landing
from benchmarks.measuring import Cost, Measured, measured
from benchmarks.sizes import Size


@dataclass(frozen=True)
class Workbench:
    """Where the data are, and what was measured on them already."""

    scratch: Path
    size: Size
    say: Callable[[str], None]
    _known: dict[str, Cost] = field(default_factory=dict)

    def lake(self, listeners: int) -> Path:
        """The lake of that many listeners, with their events; made if it is not there."""
        root = self.scratch / f"lake-{listeners}-{self.size.days}"
        if not (root / ".events").exists():
            self.say(f"making the events of {listeners:,} listeners")
            first_day, days = self.size.first_day.isoformat(), self.size.days
            made = measured(event_lake.make_lake, root=str(root), listeners=listeners, first_day=first_day, days=days)
            (root / ".events").write_text(str(made.answer))
        return root

    def events(self, listeners: int) -> int:
        """How many events that lake holds."""
        return int((self.lake(listeners) / ".events").read_text())

    def landing(self) -> Path:
        """The folder of log files to ingest; made if it is not there."""
        folder = self.scratch / f"landing-{self.size.name}"
        if not (folder / ".done").exists():
            self.say("making log files")
            files, lines = self.size.landing_files, self.size.lines_a_file
            measured(landing.make_landing, folder=str(folder), files=files, lines=lines)
            (folder / ".done").touch()
        return folder

    def fresh(self, name: str) -> Path:
        """An empty place in the scratch folder."""
        path = self.scratch / name
        shutil.rmtree(path, ignore_errors=True)
        return path

    def measure(self, case: str, job: Callable[..., object], *, repeats: int = 1, **arguments: object) -> Measured:
        """Measure a job, and say what it took."""
        self.say(f"{case} ...")
        done = measured(job, repeats=repeats, **arguments)
        self.say(f"{case}: {done.cost.cpu_seconds:.2f} CPU s")
        return done

    def once(self, key: str, measure: Callable[[], Cost]) -> Cost:
        """What `measure` gives, measured only the first time in this run."""
        if key not in self._known:
            self._known[key] = measure()
        return self._known[key]
