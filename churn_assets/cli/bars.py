"""Progress bars."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


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


@contextmanager
def counting_bar(title: str, *, total: int, unit: str) -> Iterator[Callable[[int, int], None]]:
    """One bar; gives a function to tell it how many are done, and how many events that was."""
    with bars() as shown:
        task, began = shown.add_task(title, total=total, unit=unit, rate=""), time.monotonic()

        def advance(done: int, events: int) -> None:
            shown.update(task, completed=done, rate=rate(events, time.monotonic() - began))

        yield advance


def rate(count: int, seconds: float, unit: str = "events") -> str:
    """So many so far and per second, in words."""
    return f"{count:,} {unit}, {count / max(seconds, 1e-3):,.0f}/s"
