"""A progress bar for what is counted in one go."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from churn_assets.resources.bars import bars, rate


@contextmanager
def counting_bar(title: str, *, total: int, unit: str) -> Iterator[Callable[[int, int], None]]:
    """One bar; gives a function to tell it how many are done, and how many events that was."""
    with bars() as shown:
        task, began = shown.add_task(title, total=total, unit=unit, rate=""), time.monotonic()

        def advance(done: int, events: int) -> None:
            shown.update(task, completed=done, rate=rate(events, time.monotonic() - began))

        yield advance
