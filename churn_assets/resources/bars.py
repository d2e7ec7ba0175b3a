"""Progress bars in a terminal."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn


def bars() -> Progress:
    """A set of bars: what, how far of how many, how fast, since when."""
    return Progress(
        TextColumn("{task.description:<20}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TextColumn("{task.fields[unit]}"),
        TextColumn("{task.fields[rate]}", style="dim"),
        TimeElapsedColumn(),
    )


@dataclass
class Bars:
    """A bar for each asset of a run, and one for the landing file that is being read."""

    shown: Progress
    totals: Mapping[str, int]
    began: float = field(default_factory=time.monotonic)
    tasks: dict[str, TaskID] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    read: dict[str, int] = field(default_factory=dict)

    def on_lines(self, file: str, lines: int, share: float) -> None:
        """Show how much of the landing files was read."""
        self.read[file] = lines
        task = self._task("reading", "files", None)
        finished = len(self.read) - (share < 1)
        self.shown.update(task, completed=finished, rate=self._rate("lines", sum(self.read.values())))

    def on_partition(self, asset: str, key: str, rows: int) -> None:
        """Show that one more partition of an asset is done."""
        total = self.totals.get(asset, 1)
        task = self._task(asset, "partitions" if key else "table", total)
        self.rows[asset] = self.rows.get(asset, 0) + rows
        self.shown.update(task, advance=1, rate=self._rate("rows", self.rows[asset]))

    def _rate(self, unit: str, count: int) -> str:
        return rate(count, time.monotonic() - self.began, unit)

    def _task(self, name: str, unit: str, total: int | None) -> TaskID:
        if name not in self.tasks:
            self.began = time.monotonic()
            self.tasks[name] = self.shown.add_task(name, total=total, unit=unit, rate="")
        return self.tasks[name]


def rate(count: int, seconds: float, unit: str = "events") -> str:
    """So many so far and per second, in words."""
    return f"{count:,} {unit}, {count / max(seconds, 1e-3):,.0f}/s"
