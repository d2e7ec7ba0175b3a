"""What can be said of one listener's events beyond `Rows`: the latest, items, states, days, and their sessions."""

import operator
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import compress
from math import nan
from typing import Any

import numpy as np

from churn_assets.cutoffs import DAY
from churn_assets.features.aggregates import END, START, Aggregate, Grain, Operator
from churn_assets.features.daily import UNKNOWN
from churn_assets.features.event_columns import Array, EventColumns
from churn_assets.features.families import Family
from churn_assets.features.rows import Rows

Items = frozenset[Any] | set[Any]


@dataclass(frozen=True)
class EventRows:
    """The events of one listener before a cut-off (epoch ms, a midnight), in order; at least one."""

    rows: Rows
    columns: EventColumns
    cutoff: int
    _met: dict[tuple[str, int, int], Items] = field(default_factory=dict)
    _changes: dict[str, list[bool]] = field(default_factory=dict)

    def values(self, family: Family) -> Sequence[Any]:
        """The values of a family over events or active days."""
        match family.operator:
            case Operator.LATEST:
                return self._latest(family)
            case Operator.HEARD | Operator.NEWLY_HEARD:
                return self._heard(family)
            case Operator.CHANGES | Operator.LAST_CHANGE | Operator.TIME_IN:
                return [self._over_states(one) for one in family.aggregates]
            case Operator.LONGEST_GAP:
                return [self._longest_gap] * len(family.aggregates)
            case _ if family.grain is Grain.DAY:
                return self._active_days(family)
            case _:
                return self.rows.values(family)

    def _latest(self, family: Family) -> Sequence[Any]:
        """The text of the last event, None where it has none."""
        last = len(self.rows.ts) - 1
        return [self.columns.at(one.name, last) for one in family.aggregates]

    def _active_days(self, family: Family) -> Sequence[float]:
        """How many days of each window have an event: windows begin at midnight, so that no day is cut in two."""
        at = self.rows.rows_at
        return [float(len(set(self._days[at[since] : at[until]]))) for _, since, until in family.members]

    def _heard(self, family: Family) -> Sequence[float]:
        """How many items are met in each window: all of them, or those not met before."""
        is_new, at = family.operator is Operator.NEWLY_HEARD, self.rows.rows_at
        found = []
        for one, since, until in family.members:
            items = self._items(one, at[since], at[until])
            found.append(float(len(items - self._items(one, 0, at[since]) if is_new else items)))
        return found

    def _items(self, aggregate: Aggregate, since: int, until: int) -> Items:
        key = (aggregate.name, since, until)
        if key not in self._met:
            items = self.columns.listed(aggregate.name)[since:until]
            counts = None if aggregate.condition is None else self.rows.holds(aggregate.condition)
            met = set(items if counts is None else compress(items, counts[since:until].tolist()))
            self._met[key] = met - {None}
        return self._met[key]

    def _over_states(self, aggregate: Aggregate) -> float:
        """How often the state changes, when it did last, or how long it was the one that is asked for."""
        match aggregate.operator:
            case Operator.TIME_IN:
                assert aggregate.condition is not None
                lasting = np.append(self.rows.ts[1:], self.cutoff) - self.rows.ts
                return float(lasting[self.rows.holds(aggregate.condition)].sum())
            case Operator.CHANGES:
                return float(sum(self._has_changed(aggregate.name)))
            case _:
                changed_at = self.rows.ts[1:][self._has_changed(aggregate.name)]
                return float(changed_at[-1]) if len(changed_at) else nan

    def _has_changed(self, name: str) -> list[bool]:
        """For each event but the first whether its state differs from that of the one before."""
        if name not in self._changes:
            states = [UNKNOWN if state is None else state for state in self.columns.listed(name)]
            self._changes[name] = list(map(operator.ne, states[1:], states))
        return self._changes[name]

    @cached_property
    def _days(self) -> list[int]:
        """Epoch day of each event."""
        days: list[int] = (self.rows.ts // DAY).tolist()
        return days

    @property
    def _longest_gap(self) -> float:
        """Most days from one active day to the next, or from the last one to the cut-off."""
        days = [*dict.fromkeys(self._days), self.cutoff // DAY]
        return float(max(map(operator.sub, days[1:], days)))

    def sessions(self, edges: Array) -> Rows:
        """The listener's sessions as rows, in order of their starts; `edges` are those of windows over sessions."""
        ids, ts = self.columns.listed("session_id"), self.columns.listed("ts")
        # Of several values for one key a dictionary keeps the last: backwards, that is the first.
        ends, starts = dict(zip(ids, ts, strict=True)), dict(zip(reversed(ids), reversed(ts), strict=True))
        start = np.array([starts[session] for session in ends], dtype=np.int64)
        end = np.array(list(ends.values()), dtype=np.int64)
        return Rows({START.name: start, END.name: end}, start, edges)
