"""What can be said of the rows of some listeners, be they events or sessions: counts, totals, the first and last."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from churn_assets.features.aggregates import Condition, Operator
from churn_assets.features.event_columns import Array, Coded, columns_of
from churn_assets.features.expressions import Constant, Expression, Field, Operation
from churn_assets.features.families import Family, Summand
from churn_assets.features.numpy_arithmetic import OPERATIONS
from churn_assets.features.timeline import Timeline

MOST_AT_ONCE = 1 << 23
"""So many flags or numbers are summed up at once at most: it bounds the memory of a large evaluation."""


@dataclass(frozen=True)
class Rows:
    """Rows along a timeline; the values of a family are an array of aggregates x listeners."""

    columns: Mapping[str, Array]
    timeline: Timeline
    _known: dict[Expression, Array] = field(default_factory=dict)

    def values(self, family: Family) -> Array:
        """The values of a family whose operator any rows know."""
        match family.operator:
            case Operator.COUNT:
                return self.sums(family, self._flags)
            case Operator.TOTAL:
                return self.totals(family)
            case _:
                pick = np.fmin if family.operator is Operator.FIRST else np.fmax
                columns = [self.on_rows(one.value).astype(np.float64, copy=False) for one in family.aggregates]
                return np.array([pick.reduceat(column, self.timeline.starts) for column in columns])

    def _flags(self, summands: Sequence[Summand]) -> Array:
        """Summands x rows: which rows meet each condition; those that a text be another are asked together."""
        flags = np.empty((len(summands), len(self.timeline.ts)), dtype=bool)
        named: dict[str, tuple[list[int], list[int]]] = {}
        for place, (_, condition) in enumerate(summands):
            if condition is None:
                flags[place] = True
            elif (named_text := _named_text(condition.test)) is None:
                flags[place] = self.holds(condition)
            else:
                name, text = named_text
                places, codes = named.setdefault(name, ([], []))
                places.append(place)
                codes.append(self._texts(name).code(text))
        for name, (places, codes) in named.items():
            flags[places] = self._texts(name).codes == np.array(codes)[:, None]
        return flags

    def totals(self, family: Family) -> Array:
        """Sums of whole numbers over the rows that meet a condition: of integers, or of floats that are whole."""
        if all(condition is None and self.on_rows(value).dtype.kind == "i" for value, condition in family.members):
            return self.sums(family, lambda summands: np.array([self.on_rows(value) for value, _ in summands]))
        found = np.empty((len(family.aggregates), len(self.timeline.cutoffs)))
        edges = self.timeline.rows_at
        for summand, members in family.members.items():
            numbers = self._summands(*summand)
            for one in members:
                found[one] = self.timeline.summed(numbers, edges[family.since[one]], edges[family.until[one]])
        return found

    def _summands(self, value: Expression | None, condition: Condition | None) -> Array:
        """The values of the rows that count, 0 for all others and for what is null."""
        numbers = self.on_rows(value)
        counts = ~np.isnan(numbers) if condition is None else self.holds(condition) & ~np.isnan(numbers)
        return np.where(counts, numbers, 0.0)

    def sums(self, family: Family, of: Callable[[Sequence[Summand]], Array]) -> Array:
        """Sums of flags or integers in each window, as differences of running sums: many at once in one pass."""
        found = np.empty((len(family.aggregates), len(self.timeline.cutoffs)))
        summands = list(family.members)
        at_once = max(1, MOST_AT_ONCE // max(1, len(self.timeline.ts)))
        edges = self.timeline.rows_at
        for start in range(0, len(summands), at_once):
            block = summands[start : start + at_once]
            running = running_sums(of(block))
            members = [position for summand in block for position in family.members[summand]]
            rows = [[place] for place, summand in enumerate(block) for _ in family.members[summand]]
            until, since = edges[family.until[members]], edges[family.since[members]]
            found[members] = running[rows, until] - running[rows, since]
        return found

    def holds(self, condition: Condition) -> Array:
        """Whether each row meets a condition."""
        return self.on_rows(condition.test)

    def on_rows(self, expression: Expression | None) -> Array:
        """An expression over the columns, one value a row; every part of it is worked out once."""
        assert expression is not None
        if expression not in self._known:
            self._known[expression] = self._worked_out(expression)
        return self._known[expression]

    def _worked_out(self, expression: Expression) -> Array:
        if (named := _named_text(expression)) is not None:
            name, text = named
            coded = self._texts(name)
            return np.asarray(coded.codes == coded.code(text))
        match expression:
            case Operation(name, arguments):
                found: Array = OPERATIONS[name](*map(self._operand, arguments))
                return found
            case _:
                assert isinstance(expression, Field)
                return self.columns[expression.name]

    def _texts(self, name: str) -> Coded:
        return columns_of(self.columns).coded(name)

    def _operand(self, expression: Expression) -> Array | float | str:
        return expression.value if isinstance(expression, Constant) else self.on_rows(expression)


def _named_text(test: Expression) -> tuple[str, str] | None:
    """The field and the text of a test that asks whether a field is a text; None for any other."""
    match test:
        case Operation("equal", (Field(name), Constant(str() as text))):
            return name, text
        case _:
            return None


def running_sums(values: Array) -> Array:
    """Sums of flags or whole numbers along the last axis, beginning with 0: exact, so that differences are too."""
    sums = np.empty((*values.shape[:-1], values.shape[-1] + 1), dtype=np.int64)
    sums[..., 0] = 0
    np.cumsum(values, axis=-1, out=sums[..., 1:])
    return sums
