"""Who is told what a run has done so far, while it goes on in this process."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol


class Listener(Protocol):
    """What our own command hands over to show progress; runs that the UI starts have none."""

    def on_lines(self, file: str, lines: int, share: float) -> None:
        """So many lines, and this share of the bytes, of a landing file were decoded so far."""

    def on_partition(self, asset: str, key: str, rows: int) -> None:
        """A partition was written, with so many rows."""


class Silence:
    """Listens to nothing."""

    def on_lines(self, file: str, lines: int, share: float) -> None:
        """Ignore it."""

    def on_partition(self, asset: str, key: str, rows: int) -> None:
        """Ignore it."""


SILENCE = Silence()
_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def reporting_to(listener: Listener) -> Iterator[None]:
    """Tell `listener` of whatever is done inside the block."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def listener() -> Listener:
    """Who listens at present."""
    return _listener.get() or SILENCE
