"""Forgets a listener: looks everywhere, removes, and looks again."""

import fcntl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from churn_assets.errors import ForgettingError
from churn_assets.forgetting.journal import Journal
from churn_assets.forgetting.place import Place


@dataclass(frozen=True)
class Proof:
    """What was removed, by place, and what every place holds afterwards; versions that were trained on the listener."""

    removed: Mapping[str, int]
    left: Mapping[str, int]
    versions: tuple[str, ...]


Places = Callable[[], Sequence[Place]]
"""Gives every place, afresh: what one has counted stays counted."""


def counted(places: Places) -> Mapping[str, int]:
    """What each place holds of a listener."""
    return {place.name: place.held() for place in places()}


def forget(journal: Journal, user: str, places: Places, *, at: datetime) -> Proof:
    """Remove a listener from all places, in their order, and count again.

    It may be interrupted at any point and called again. The journal ends only if nothing is left; else ForgettingError
    says what, and the same call tries again.
    """
    journal.begin(user, at)
    for place in places():
        place.remove(journal)
    left = counted(places)
    kept = {name: rows for name, rows in left.items() if rows}
    if kept:
        shown = ", ".join(f"{name}: {rows}" for name, rows in kept.items())
        message = f"Something of the listener was written meanwhile ({shown}): stop what writes, and run this again."
        raise ForgettingError(message)
    proof = Proof({name: journal.removed.get(name, 0) for name in left}, left, journal.versions)
    journal.end()
    return proof


@contextmanager
def alone(journal: Journal) -> Iterator[None]:
    """Nobody else forgets in this home while the block lasts; ForgettingError if somebody does."""
    journal.lock.parent.mkdir(parents=True, exist_ok=True)
    with journal.lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            message = "A listener is being forgotten by another process: wait until it has ended."
            raise ForgettingError(message) from error
        yield
