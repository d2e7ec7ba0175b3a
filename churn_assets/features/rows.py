"""What can be said of one listener's rows in order of time, be they events or sessions: counts, totals, extremes."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, TypeVar

import numpy as np

from churn_assets.features.aggregates import Aggregate, Condition, Operator
from churn_assets.features.event_columns import Array, EventColumns
from churn_assets.features.expressions import Constant, Expression, Field, Operation
from churn_assets.features.families import Family
from churn_assets.features.numpy_arithmetic import OPERATIONS

T = TypeVar("T")
Summand = tuple[Expression | None, Condition | None]
"""What is added up: a value of the rows that meet a condition (None: of all)."""


@dataclass(frozen=True)
class Rows:
    """Rows of one listener, sorted by `ts` (epoch ms), none of them outside of the lookback.

    `edges` are the times at which windows begin and end: the rows of a window are a stretch, since rows are sorted.
    `among` is where they lie among the rows of several listeners, for whom expressions are worked out together.
    """

    columns: Mapping[str, Array]
    ts: Array
    edges: Array
    among: "Stretch | None" = None
    _known: dict[Expression, Array] = field(default_factory=dict)
    _summands: dict[Summand, Array] = field(default_factory=dict)
    _counted: dict[tuple[str, int, int], Counter[Any]] = field(default_factory=dict)

    @cached_property
    def rows_at(self) -> Sequence[int]:
        """For each edge the first row that is not older."""
        found: list[int] = np.searchsorted(self.ts, self.edges).tolist()
        return found

    def values(self, family: Family) -> Sequence[float]:
        """The values of a family whose operator any rows know."""
        match family.operator:
            case Operator.COUNT:
                return self._stretches(family, lambda one: one.condition, self._count)
            case Operator.TOTAL:
                return self._stretches(family, lambda one: (one.value, one.condition), self._total)
            case Operator.FIRST:
                return [float(np.fmin.reduce(self.on_rows(one.value))) for one in family.aggregates]
            case _:
                return [float(np.fmax.reduce(self.on_rows(one.value))) for one in family.aggregates]

    def _stretches(
        self, family: Family, asked: Callable[[Aggregate], T], of: Callable[[T, int, int], float]
    ) -> Sequence[float]:
        """What `of` says of the rows of each aggregate's window."""
        at = self.rows_at
        return [of(asked(one), at[since], at[until]) for one, since, until in family.members]

    def _count(self, condition: Condition | None, since: int, until: int) -> float:
        if since >= until:
            return 0.0
        if condition is None:
            return float(until - since)
        if (named := named_text(condition)) is not None and isinstance(self.columns, EventColumns):
            name, text = named
            return float(self._texts_between(self.columns, name, since, until)[text])
        return float(np.count_nonzero(self.holds(condition)[since:until]))

    def _texts_between(self, columns: EventColumns, name: str, since: int, until: int) -> Counter[Any]:
        """How often each text occurs in a stretch: counted once for all that ask about one of them."""
        key = (name, since, until)
        if key not in self._counted:
            self._counted[key] = Counter(columns.listed(name)[since:until])
        return self._counted[key]

    def _total(self, summand: Summand, since: int, until: int) -> float:
        if summand not in self._summands:
            self._summands[summand] = self._added_up(*summand)
        return float(self._summands[summand][since:until].sum()) if since < until else 0.0

    def _added_up(self, value: Expression | None, condition: Condition | None) -> Array:
        """The values of the rows that count, 0 for all others and for what is null."""
        numbers = self.on_rows(value)
        if condition is None and numbers.dtype.kind == "i":
            return numbers
        counts = ~np.isnan(numbers) if condition is None else self.holds(condition) & ~np.isnan(numbers)
        return np.where(counts, numbers, 0.0)

    def holds(self, condition: Condition) -> Array:
        """Whether each row meets a condition."""
        return self.on_rows(condition.test)

    def on_rows(self, expression: Expression | None) -> Array:
        """An expression over the columns, one value a row; every part of it is worked out once."""
        assert expression is not None
        if self.among is not None:
            return self.among.rows.on_rows(expression)[self.among.start : self.among.stop]
        if expression not in self._known:
            self._known[expression] = self._worked_out(expression)
        return self._known[expression]

    def _worked_out(self, expression: Expression) -> Array:
        match expression:
            case Operation("equal", (Field(name), Constant(str() as text))) if isinstance(self.columns, EventColumns):
                return np.array([value == text for value in self.columns.listed(name)], dtype=bool)
            case Operation(name, arguments):
                found: Array = OPERATIONS[name](*map(self._operand, arguments))
                return found
            case _:
                assert isinstance(expression, Field)
                return self.columns[expression.name]

    def _operand(self, expression: Expression) -> Array | float | str:
        return expression.value if isinstance(expression, Constant) else self.on_rows(expression)


@dataclass(frozen=True)
class Stretch:
    """Some of the rows of several listeners, from `start` on, before `stop`."""

    rows: Rows
    start: int
    stop: int


@cache
def named_text(condition: Condition) -> tuple[str, str] | None:
    """The field and the text of a condition that asks whether a field is a text; None for any other."""
    match condition.test:
        case Operation("equal", (Field(name), Constant(str() as text))):
            return name, text
        case _:
            return None
