"""The declarations as a list of steps: whatever several features share is worked out once, in one order."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from churn_assets.features.declaration import Catalogue, Feature
from churn_assets.features.expressions import Expression, Operation


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


@cache
def plan_of(catalogue: Catalogue) -> Plan:
    """The steps of every feature of `catalogue`; expressions that read the same are one step."""
    steps: list[Step] = []
    known: dict[str, int] = {}

    def position(expression: Expression) -> int:
        if isinstance(expression, Feature):
            return position(expression.expression)
        text = expression.text()
        if text not in known:
            step = Step(expression)
            if isinstance(expression, Operation):
                step = Step(expression, expression.name, tuple(position(part) for part in expression.arguments))
            steps.append(step)
            known[text] = len(steps) - 1
        return known[text]

    features = {feature.name: position(feature) for feature in catalogue.features}
    return Plan(tuple(steps), features)
