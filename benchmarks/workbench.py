"""The scratch folder of a run: data are made once, and each stage takes what it needs."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import event_lake, landing
from benchmarks.measuring import CORES, Cost, Measured, measured
from benchmarks.sizes import FIRST_DAY, Service, Size

MADE = ".made"
"""A file in a data folder that is whole: it holds what making it answered."""


@dataclass(frozen=True)
class Workbench:
    """Where the data are, and what was measured on them already."""

    scratch: Path
    size: Size
    say: Callable[[str], None]
    _known: dict[str, Cost] = field(default_factory=dict)

    def lake(self, service: Service) -> Path:
        """The lake of a service, with its events; made if it is not there."""
        root = self.scratch / service.name
        if service.copies > 1:
            arguments = {"source": str(self.lake(Service(service.listeners, service.days))), "copies": service.copies}
            return self._made(root, event_lake.copy_lake, listeners=service.listeners, **arguments)
        return self._made(
            root, event_lake.make_lake, listeners=service.listeners, first_day=FIRST_DAY.isoformat(), days=service.days
        )

    def events(self, service: Service) -> int:
        """How many events that lake holds."""
        return int((self.lake(service) / MADE).read_text())

    def landing(self) -> Path:
        """The folder of log files to ingest, one a day; made if it is not there."""
        arguments = {"files": self.size.landing_files, "lines": self.size.lines_a_file}
        return self._made(self.scratch / f"landing-{self.size.name}", landing.make_landing, **arguments)

    def landing_of(self, days: int) -> Path:
        """A folder with the first `days` of those files; they take no more space."""
        files = sorted(self.landing().glob("*.json"))[:days]
        folder = self.fresh(f"landing-of-{days}")
        folder.mkdir()
        for file in files:
            os.link(file, folder / file.name)
        return folder

    def _made(self, folder: Path, make: Callable[..., object], **arguments: object) -> Path:
        if not (folder / MADE).exists():
            shutil.rmtree(folder, ignore_errors=True)
            self.say(f"making {folder.name}")
            answer = measured(make, root=str(folder), **arguments).answer
            (folder / MADE).write_text(str(answer))
        return folder

    def fresh(self, name: str) -> Path:
        """An empty place in the scratch folder."""
        path = self.scratch / name
        shutil.rmtree(path, ignore_errors=True)
        return path

    def measure(
        self, case: str, job: Callable[..., object], *, repeats: int = 1, cores: int = CORES, **arguments: object
    ) -> Measured:
        """Measure a job, and say what it took."""
        self.say(f"{case} ...")
        done = measured(job, repeats=repeats, cores=cores, **arguments)
        self.say(f"{case}: {done.cost.cpu_seconds:.2f} CPU s")
        return done

    def once(self, key: str, measure: Callable[[], Cost]) -> Cost:
        """What `measure` gives, measured only the first time in this run."""
        if key not in self._known:
            self._known[key] = measure()
        return self._known[key]


def stored_bytes(folder: Path) -> int:
    """What the files of a folder take."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
