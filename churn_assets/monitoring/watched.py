"""What the model was asked about lately, day by day, beside what it was trained on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING

from churn_assets.features.declaration import Feature
from churn_assets.monitoring.log_age import LogAge
from churn_assets.monitoring.reference import Reference
from churn_assets.monitoring.window import Window

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Span:
    """Days in a row whose windows hold the same rows; `window` holds each listener once.

    `calendar` names the features that moved by themselves between the training and the window.
    """

    days: tuple[date, ...]
    window: "pd.DataFrame"
    calendar: frozenset[str]

    @property
    def newest(self) -> date:
        """The last of the days."""
        return self.days[-1]


@dataclass(frozen=True, eq=False)
class Watched:
    """Rows that were scored or served (`user_id`, `cutoff`, features; later ones last), and what they compare with."""

    rows: "pd.DataFrame"
    reference: Reference
    age: LogAge
    window_days: int

    def spans(self, days: Sequence[date], features: Sequence[Feature]) -> Iterator[Span]:
        """The days, those with equal windows together: cut-offs are days apart, so few windows differ."""
        for cutoffs, equal in groupby(sorted(days), key=self._cutoffs):
            together = tuple(equal)
            newest = max(cutoffs, default=self.reference.newest_cutoff)
            window = Window(together[-1], self.window_days).rows(self.rows)
            yield Span(together, window, self.age.calendar(features, self.reference, newest))

    def _cutoffs(self, day: date) -> tuple[date, ...]:
        window = Window(day, self.window_days)
        return tuple(cutoff for cutoff in self._known if window.first_cutoff <= cutoff <= window.last_cutoff)

    @cached_property
    def _known(self) -> Sequence[date]:
        return sorted(moment.date() for moment in self.rows["cutoff"].unique())
