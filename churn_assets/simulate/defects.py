"""What goes wrong on the way: sessions that arrive days late, lines written twice, lines that nobody can use."""

from collections.abc import Callable

import numpy as np

from churn_assets.cutoffs import DAY
from churn_assets.simulate.behaviour import Ints
from churn_assets.simulate.events import Events

LATEST_DAYS = 3


def delays(events: Events, chance: np.random.Generator, *, share: float) -> Ints:
    """Days that each row lands late, 0 for most: whole sessions are late, as when a phone was offline."""
    sessions, of_row = np.unique(events.session, return_inverse=True)
    is_late = chance.random(len(sessions)) < share
    return np.where(is_late, chance.integers(1, LATEST_DAYS + 1, len(sessions)), 0)[of_row]


def repeated(count: int, chance: np.random.Generator, *, share: float) -> Ints:
    """Positions of `count` lines in order, some of them twice."""
    return np.repeat(np.arange(count), 1 + (chance.random(count) < share))


def with_broken(lines: list[bytes], chance: np.random.Generator, *, share: float) -> tuple[list[bytes], int]:
    """The lines, and after some of them a broken copy of the same; and how many of those there are."""
    broken = np.flatnonzero(chance.random(len(lines)) < share).tolist()
    kinds = chance.integers(len(_BREAKS), size=len(broken)).tolist()
    mixed = lines.copy()
    for position, kind in sorted(zip(broken, kinds, strict=True), reverse=True):
        mixed.insert(position + 1, _BREAKS[kind](lines[position]))
    return mixed, len(broken)


def _cut_off(line: bytes) -> bytes:
    return line[: len(line) // 2]


def _garbled(line: bytes) -> bytes:
    return line[:40] + b"\xff\xfe\x00" + line[43:]


def _without_user(line: bytes) -> bytes:
    return line.replace(b'"userId"', b'"user"', 1)


def _of_another_time(line: bytes) -> bytes:
    """The line as a clock that fell back to 1970 stamps it."""
    return b'{"ts":' + str(DAY).encode() + line[line.index(b",") :]


def _not_an_object(_: bytes) -> bytes:
    return b"null"


_BREAKS: tuple[Callable[[bytes], bytes], ...] = (_cut_off, _garbled, _without_user, _of_another_time, _not_an_object)
