"""The declarations as a list of steps: whatever several features share is worked out once, in one order."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any

from churn_assets.features.aggregates import Aggregate, Condition, Grain, Operator, Window
from churn_assets.features.declaration import Catalogue, Feature
from churn_assets.features.expressions import Expression, Operation

Operations = Mapping[str, Callable[..., Any]]
"""What the operations of an arithmetic do, by name."""


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
    def families(self) -> Mapping[tuple[Grain, Operator], tuple[Aggregate, ...]]:
        """The aggregates of each grain and operator, which are worked out together."""
        found: dict[tuple[Grain, Operator], list[Aggregate]] = {}
        for aggregate in self.places:
            found.setdefault((aggregate.grain, aggregate.operator), []).append(aggregate)
        return {family: tuple(aggregates) for family, aggregates in found.items()}

    @cached_property
    def places(self) -> Mapping[Aggregate, int]:
        """The step of each aggregate."""
        return {step.expression: n for n, step in enumerate(self.steps) if isinstance(step.expression, Aggregate)}

    @cached_property
    def others(self) -> tuple[tuple[int, Expression], ...]:
        """The steps that are neither aggregates nor operations: constants and what the evaluation supplies."""
        return tuple(
            (n, step.expression)
            for n, step in enumerate(self.steps)
            if step.name is None and not isinstance(step.expression, Aggregate)
        )

    @cached_property
    def windows(self) -> Mapping[bool, tuple[Window, ...]]:
        """The windows of sessions (True), and those of events and days (False)."""
        is_session = {False: set[Window](), True: set[Window]()}
        for aggregate in self.places:
            is_session[aggregate.grain is Grain.SESSION].add(aggregate.window)
        return {kind: tuple(windows) for kind, windows in is_session.items()}

    def finish(self, values: list[Any], operations: Operations) -> None:
        """Work out every operation, given the values of all other steps in their places."""
        for position, step in enumerate(self.steps):
            if step.name is not None:
                values[position] = operations[step.name](*[values[argument] for argument in step.arguments])


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
