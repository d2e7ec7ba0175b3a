"""Visits: what each session of a round starts with, and its rows while they are still loose (not yet in order)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from churn_assets.simulate.behaviour import Flags, Ints
from churn_assets.simulate.listeners import Traits
from churn_assets.simulate.pages import Page

NO_SONG = -1


@dataclass(frozen=True)
class Visits:
    """Sessions that start in one round, at most one a listener; one entry a session.

    `who` are the traits of the listeners, `listener` their positions; `start` is in epoch ms; `look` is
    2 x (at the second home) + (on the second device); `covariate` is the strength of the covariate shift.
    """

    who: Traits
    listener: Ints
    start: Ints
    satisfaction: Ints
    is_paid: Flags
    is_new: Flags
    look: Ints
    covariate: float

    def __len__(self) -> int:
        return len(self.listener)


@dataclass(frozen=True)
class Songs:
    """Songs by visit and time: position of the visit, start (epoch ms), time heard (ms), place in the catalogue."""

    visit: Ints
    ts: Ints
    heard: Ints
    song: Ints

    def __len__(self) -> int:
        return len(self.visit)

    def take(self, chosen: Flags) -> Self:
        """The songs where a mask is true."""
        return type(self)(self.visit[chosen], self.ts[chosen], self.heard[chosen], self.song[chosen])


@dataclass(frozen=True)
class Loose:
    """Rows of sessions in any order: position of the visit, time (epoch ms), `Page.code`, song or -1."""

    visit: Ints
    ts: Ints
    page: Ints
    song: Ints

    @classmethod
    def of(cls, page: Page, visit: Ints, ts: Ints) -> Self:
        """One row of `page` at each of `ts`."""
        return cls(visit, ts, np.full(len(visit), page.code), np.full(len(visit), NO_SONG))

    @classmethod
    def plays(cls, songs: Songs) -> Self:
        """The rows of songs that are played."""
        return cls(songs.visit, songs.ts, np.full(len(songs), Page.NEXT_SONG.code), songs.song)

    @classmethod
    def in_order(cls, parts: Sequence[Self]) -> Self:
        """All rows of `parts` by visit, time and page."""
        visit, ts, page, song = (
            np.concatenate([getattr(part, name) for part in parts]) for name in ("visit", "ts", "page", "song")
        )
        order = np.lexsort((page, ts, visit))
        return cls(visit[order], ts[order], page[order], song[order])
