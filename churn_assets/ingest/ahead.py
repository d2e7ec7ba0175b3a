"""Works ahead of who asks: the next items are worked on by other threads while one is used."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from churn_assets.errors import LandingError

Item = TypeVar("Item")
Result = TypeVar("Result")
ITEMS_A_THREAD = 2
"""So many items are held for each thread, so that none waits for the next one."""


def worked_ahead(
    work: Callable[[Item], Result], items: Iterable[Item], *, threads: int
) -> Generator[tuple[Item, Result]]:
    """Each item with what `work` makes of it, in the order of the items, on `threads` threads.

    Items are drawn by who asks, few ahead of their turn. What fails raises in its turn, after all that came before.
    Once the iterator is closed, nothing is at work any more.
    """
    held: deque[tuple[Item, Future[Result]]] = deque()
    with ThreadPoolExecutor(threads, "ahead") as pool:
        try:
            for item in items:
                held.append((item, pool.submit(work, item)))
                if len(held) > threads * ITEMS_A_THREAD:
                    yield _first(held)
            while held:
                yield _first(held)
        except LandingError:
            while held:
                yield _first(held)
            raise
        finally:
            for _, waiting in held:
                waiting.cancel()


def _first(held: deque[tuple[Item, "Future[Result]"]]) -> tuple[Item, Result]:
    item, working = held.popleft()
    return item, working.result()
