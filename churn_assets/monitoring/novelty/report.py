"""The novelty report: categories, values and listeners that the champion's training never saw, and how many of them."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from churn_assets.features.schema import FeatureSchema
from churn_assets.monitoring.causes import causes, is_novelty
from churn_assets.monitoring.tables import (
    NOT_ENOUGH_DATA,
    NOVEL,
    NOVELTY_REPORT,
    OK,
    OUTSIDE_RANGE,
    UNSEEN_CATEGORY,
    UNSEEN_LISTENERS,
)
from churn_assets.training.arrays import numbers

if TYPE_CHECKING:
    import pandas as pd

ANY = "(any)"
"""All unseen values together; no category of a log is written in parentheses."""
SHOWN_CATEGORIES = 20
"""Unseen categories of a feature that get a row of their own, the most frequent ones."""


@dataclass(frozen=True)
class NoveltyRule:
    """From which share on something is novel: `share` of a feature's values, `listeners` of the listeners.

    The share must exceed that beyond chance, at `level` over all rows. Below `least_rows` there is no verdict.
    """

    share: float = 0.1
    listeners: float = 0.5
    least_rows: int = 50
    level: float = 0.01


@dataclass(frozen=True)
class Found:
    """Something new: how many listeners of the window it concerns, and the share that would make it novel."""

    kind: str
    feature: str
    value: str
    rows: int
    threshold: float


@dataclass(frozen=True, eq=False)
class Training:
    """What a training saw: ranges, categories and listeners of all its rows."""

    rows: "pd.DataFrame"
    schema: FeatureSchema

    def novelty(self, window: "pd.DataFrame", rule: NoveltyRule, calendar: Collection[str]) -> "pd.DataFrame":
        """The columns of NOVELTY_REPORT but day and version; `window` holds each listener once.

        The features of `calendar` leave their training range by themselves: they are left out.
        """
        import pandas as pd

        found = list(self._found(window, rule, calendar))
        lows = lower_bounds([item.rows for item in found], len(window), rule.level / len(found))
        frame = pd.DataFrame(
            {
                **vars(item),
                "share": item.rows / len(window) if len(window) else 0.0,
                "low": low,
                "n_window": len(window),
                "verdict": _verdict(low, item, rule, len(window)),
            }
            for item, low in zip(found, lows, strict=True)
        )
        names = [name for name in NOVELTY_REPORT.names if name not in ("day", "model_version")]
        return frame[names].sort_values(list(NOVELTY_REPORT.order), ignore_index=True)

    def _found(self, window: "pd.DataFrame", rule: NoveltyRule, calendar: Collection[str]) -> Iterator[Found]:
        for name in self.schema.categorical:
            if name not in calendar:
                yield from self._categories(name, window, rule)
        for name in self.schema.numeric:
            if name not in calendar:
                yield from self._ranges(name, window, rule)
        unseen = int((~window["user_id"].isin(set(self.rows["user_id"]))).sum())
        yield Found(UNSEEN_LISTENERS, "user_id", ANY, unseen, rule.listeners)

    def _categories(self, name: str, window: "pd.DataFrame", rule: NoveltyRule) -> Iterator[Found]:
        seen = set(self.rows[name].dropna().astype(str))
        counts = window[name].dropna().astype(str).value_counts()
        unseen = counts[~counts.index.isin(seen)].sort_index(kind="stable").sort_values(ascending=False, kind="stable")
        yield Found(UNSEEN_CATEGORY, name, ANY, int(unseen.sum()), rule.share)
        for value, rows in unseen.head(SHOWN_CATEGORIES).items():
            yield Found(UNSEEN_CATEGORY, name, str(value), int(rows), rule.share)

    def _ranges(self, name: str, window: "pd.DataFrame", rule: NoveltyRule) -> Iterator[Found]:
        """Values below and above those of the training; a feature that was never defined in it has no range."""
        known, values = numbers(self.rows[name]), numbers(window[name])
        known = known[~np.isnan(known)]
        low, high = (known.min(), known.max()) if len(known) else (np.inf, -np.inf)
        yield Found(OUTSIDE_RANGE, name, "below", int((values < low).sum()), rule.share)
        yield Found(OUTSIDE_RANGE, name, "above", int((values > high).sum()), rule.share)


def lower_bounds(rows: Collection[int], n: int, level: float) -> list[float]:
    """The least true share at which so many of `n` rows are no surprise at `level`: 0 where there are none.

    The exact one-sided bound of Clopper and Pearson (1934).
    """
    from scipy.special import betaincinv

    return [float(betaincinv(count, n - count + 1, level)) if count else 0.0 for count in rows]


def is_novel(report: "pd.DataFrame") -> bool:
    """Whether a report (rows of NOVELTY_REPORT) is a cause to retrain."""
    return not causes(report, is_novelty).empty


def _verdict(low: float, item: Found, rule: NoveltyRule, n_window: int) -> str:
    if n_window < rule.least_rows:
        return NOT_ENOUGH_DATA
    return NOVEL if low > item.threshold else OK
