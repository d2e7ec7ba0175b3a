"""The declarations as a list of steps: whatever several features share is worked out once, in one order."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from operator import itemgetter
from typing import Any

from churn_assets.features.aggregates import Aggregate, Condition, Grain
from churn_assets.features.declaration import Catalogue, Feature
from churn_assets.features.expressions import CUTOFF, Expression, Operation
from churn_assets.features.families import Edges, Family, families_of

Operations = Mapping[str, Callable[..., Any]]
"""What the operations of an arithmetic do, by name."""
Call = tuple[int, Callable[..., Any], Callable[[list[Any]], tuple[Any, ...]]]


@dataclass(frozen=True)
class Step:
    """One value: a leaf or constant, or the operation `name` on the values of earlier steps (their positions)."""

    expression: Expression
    name: str | None = None
    arguments: tuple[int, ...] = ()


@dataclass(frozen=True)
class Plan:
    """Steps in an order in which each knows its arguments, and the step that holds each feature."""

    steps: tuple[Step, ...]
    features: Mapping[str, int]

    @cached_property
    def families(self) -> tuple[tuple[Family, tuple[int, ...]], ...]:
        """The aggregates by families, and the places of each family's members."""
        places = {step.expression: n for n, step in enumerate(self.steps) if isinstance(step.expression, Aggregate)}
        return tuple((one, tuple(places[member] for member in one.aggregates)) for one in families_of(places))

    @cached_property
    def cutoffs(self) -> tuple[int, ...]:
        """The steps that are the cut-off."""
        return tuple(n for n, step in enumerate(self.steps) if step.expression is CUTOFF)

    def edges_of(self, *, is_session: bool) -> Edges:
        """Where the windows over sessions, or over events and days, begin and end."""
        found = (one.edges for one, _ in self.families if (one.grain is Grain.SESSION) == is_session)
        return next(found, Edges())

    def program(self, operations: Operations) -> Iterator[Call]:
        """Every operation in order: its place, what it does, and what picks its arguments from the values."""
        for place, step in enumerate(self.steps):
            if step.name is not None:
                yield place, operations[step.name], _picking(step.arguments)


def _picking(places: tuple[int, ...]) -> Callable[[list[Any]], tuple[Any, ...]]:
    return itemgetter(*places) if len(places) > 1 else lambda values: (values[places[0]],)


@cache
def plan_of(catalogue: Catalogue) -> Plan:
    """The steps of every feature of `catalogue`; expressions that read the same are one step."""
    steps: list[Step] = []
    known: dict[str, int] = {}
    parts = _Parts({}, {})

    def position(expression: Expression) -> int:
        if isinstance(expression, Feature):
            return position(expression.expression)
        text = expression.text()
        if text not in known:
            step = Step(parts.shared(expression) if isinstance(expression, Aggregate) else expression)
            if isinstance(expression, Operation):
                step = Step(expression, expression.name, tuple(position(part) for part in expression.arguments))
            steps.append(step)
            known[text] = len(steps) - 1
        return known[text]

    features = {feature.name: position(feature) for feature in catalogue.features}
    return Plan(tuple(steps), features)


@dataclass(frozen=True)
class _Parts:
    """Values and conditions of aggregates by how they read."""

    values: dict[str, Expression]
    conditions: dict[str, Condition]

    def shared(self, aggregate: Aggregate) -> Aggregate:
        """The aggregate, made of the very value and condition of others that read the same."""
        value, condition = aggregate.value, aggregate.condition
        return replace(
            aggregate,
            value=None if value is None else self.values.setdefault(value.text(), value),
            condition=None if condition is None else self.conditions.setdefault(condition.test.text(), condition),
        )
