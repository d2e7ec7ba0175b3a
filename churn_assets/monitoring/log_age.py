"""Which features move with the calendar alone: those declared so, and those that grow while the log is young."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from churn_assets.features.declaration import Feature, Kind
from churn_assets.monitoring.drift.ks import ks_statistic, ordered
from churn_assets.monitoring.reference import Reference

STILL = 0.1
"""A feature that moved by less than this Kolmogorov-Smirnov distance while the log grew does not grow with it."""


@dataclass(frozen=True)
class LogAge:
    """From when on the log exists (the first day that has events), and how far back features look."""

    first_day: date
    lookback_days: int

    def history_days(self, cutoff: date) -> int:
        """Days of the lookback that exist at a cut-off."""
        return min(self.lookback_days, max(0, (cutoff - self.first_day).days))

    def calendar(self, features: Sequence[Feature], reference: Reference, cutoff: date) -> frozenset[str]:
        """Names of the features that moved from the newest training cut-off to `cutoff` whatever listeners did.

        Where the log was younger than the lookback then, features that reach further back than it went have grown with
        it since: a sum over 73 days is no sum over 90. Excepted are those that did not move either while the log grew
        at least as much within the training.
        """
        declared = {feature.name for feature in features if feature.is_calendar}
        return frozenset(declared.union(self._grown(features, reference, cutoff)))

    def _grown(self, features: Iterable[Feature], reference: Reference, cutoff: date) -> Iterator[str]:
        first, newest, now = (self.history_days(day) for day in (*reference.cutoffs, cutoff))
        if newest == now:
            return
        grown = self._reaching(features, min(newest, now))
        has_seen_growth = newest - first >= abs(now - newest)
        yield from _moved(grown, reference) if has_seen_growth else grown

    def _reaching(self, features: Iterable[Feature], days: int) -> list[str]:
        """Names of the numeric features that look back further than some days."""
        numeric = (feature for feature in features if feature.kind is not Kind.CATEGORY)
        return [feature.name for feature in numeric if feature.reach_days(self.lookback_days) > days]


def _moved(names: Iterable[str], reference: Reference) -> Iterator[str]:
    """Those of the features that moved from the oldest training cut-off to the newest."""
    before, after = (reference.at(day) for day in reference.cutoffs)
    for name in names:
        if ks_statistic(ordered(before[name]), ordered(after[name])) >= STILL:
            yield name
