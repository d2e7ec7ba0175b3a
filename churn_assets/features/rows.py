"""What can be said of the rows of some listeners, be they events or sessions: counts, totals, the first and last."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from churn_assets.features.aggregates import Aggregate, Condition, Operator, Window
from churn_assets.features.event_columns import Array, EventColumns
from churn_assets.features.expressions import Constant, Expression, Field, Operation, evaluate
from churn_assets.features.numpy_arithmetic import NumpyArithmetic
from churn_assets.features.timeline import Timeline

MOST_FLAGS = 1 << 23
"""So many flags are counted at once at most: it bounds the memory of a large evaluation."""
Values = Iterator[tuple[Aggregate, Array]]


@dataclass(frozen=True)
class Rows:
    """Rows along a timeline; every method gives one value a listener for each of some aggregates of one operator."""

    columns: Mapping[str, Array]
    timeline: Timeline
    _masks: dict[Condition, Array] = field(default_factory=dict)
    _known: dict[Expression, Array] = field(default_factory=dict)

    def values(self, operator: Operator, aggregates: Sequence[Aggregate]) -> Values:
        """The values of aggregates with an operator that any rows know."""
        match operator:
            case Operator.COUNT:
                return self.counts(aggregates)
            case Operator.TOTAL:
                return self.totals(aggregates)
            case _:
                pick = np.fmin if operator is Operator.FIRST else np.fmax
                return (
                    (one, pick.reduceat(self.on_rows(one.value).astype(np.float64), self.timeline.starts))
                    for one in aggregates
                )

    def counts(self, aggregates: Sequence[Aggregate]) -> Values:
        """How many rows meet each condition in each window; many conditions are counted together."""
        members: dict[Condition, list[Aggregate]] = {}
        for one in aggregates:
            if one.condition is None:
                since, until = self.timeline.stretch(one.window)
                yield one, (until - since).astype(np.float64)
            else:
                members.setdefault(one.condition, []).append(one)
        at_once = max(1, MOST_FLAGS // max(1, len(self.timeline.ts)))
        conditions = list(members)
        for start in range(0, len(conditions), at_once):
            block = conditions[start : start + at_once]
            running = running_sums(np.array([self.holds(condition) for condition in block]))
            for condition, sums in zip(block, running, strict=True):
                yield from ((one, self._between(sums, one.window)) for one in members[condition])

    def totals(self, aggregates: Sequence[Aggregate]) -> Values:
        """Sums of whole numbers; only what lies in a window takes part in its sum, however large the rest is."""
        for one in aggregates:
            values = self.on_rows(one.value)
            if one.condition is not None:
                values = np.where(self.holds(one.condition), values, 0)
            if values.dtype.kind == "f":
                yield one, self.timeline.summed(np.nan_to_num(values), one.window)
            else:
                yield one, self._between(running_sums(values), one.window)

    def _between(self, running: Array, window: Window) -> Array:
        since, until = self.timeline.stretch(window)
        return (running[until] - running[since]).astype(np.float64)

    def holds(self, condition: Condition) -> Array:
        """Whether each row meets a condition; worked out once."""
        if condition not in self._masks:
            self._masks[condition] = self._holds(condition.test)
        return self._masks[condition]

    def _holds(self, test: Expression) -> Array:
        match test:
            case Operation("equal", (Field(name), Constant(str() as text))) if isinstance(self.columns, EventColumns):
                return self.columns.coded(name).equals(text)
            case _:
                return np.asarray(self.on_rows(test), dtype=bool)

    def on_rows(self, expression: Expression | None) -> Array:
        """An expression over the columns, one value a row; worked out once."""
        assert expression is not None
        if expression not in self._known:
            self._known[expression] = evaluate(expression, NumpyArithmetic(), self._column)
        return self._known[expression]

    def _column(self, leaf: Expression) -> Array:
        assert isinstance(leaf, Field)
        return self.columns[leaf.name]


def running_sums(values: Array) -> Array:
    """Sums of flags or whole numbers along the last axis, beginning with 0: exact, so that differences are too."""
    sums = np.zeros((*values.shape[:-1], values.shape[-1] + 1), dtype=np.int64)
    np.cumsum(values, axis=-1, out=sums[..., 1:])
    return sums
