"""What features have in common, so that a query computes it once.

An engine is asked in text: a part that occurs in forty places would be written, parsed and planned forty times.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from churn_assets.features.declaration import Feature
from churn_assets.features.expressions import Expression, Field, Operation

Layer = dict[str, Expression]
"""Columns to add to a table, by name; each may use the columns of earlier layers, as fields."""


def in_layers(features: Sequence[Feature]) -> list[Layer]:
    """The features as layers of columns: each feature under its name, and operations that several parts use.

    A feature inside another one is the column of its name; an operation used more than once is a column `shared_0`, ….
    """
    sharing = _Sharing(_uses(features), {id(feature): feature.name for feature in features})
    for feature in features:
        sharing.place(feature)
    return sharing.layers


def _parts(expression: Expression) -> tuple[Expression, ...]:
    match expression:
        case Operation(_, arguments):
            return arguments
        case Feature():
            return (expression.expression,)
        case _:
            return ()


def _uses(expressions: Iterable[Expression]) -> Counter[int]:
    """How often each part is used by others, by identity."""
    uses: Counter[int] = Counter()
    rest, seen = list(expressions), set[int]()
    while rest:
        expression = rest.pop()
        if id(expression) not in seen:
            seen.add(id(expression))
            uses.update(map(id, _parts(expression)))
            rest += _parts(expression)
    return uses


@dataclass(frozen=True)
class _Sharing:
    """The layers as they grow."""

    uses: Counter[int]
    names: dict[int, str]
    """Name of the column that a part is, by identity; the features' at first."""
    layers: list[Layer] = field(default_factory=list)
    placed: dict[int, int] = field(default_factory=dict)
    """Number of the layer that each column is in."""

    def place(self, expression: Expression) -> tuple[Expression, int]:
        """An expression as the layer of the number given can have it, everything shared below it being columns."""
        if id(expression) not in self.placed:
            found = [self.place(part) for part in _parts(expression)]
            level = max((level for _, level in found), default=0)
            whole = _rebuilt(expression, tuple(part for part, _ in found))
            if not self._is_column(expression):
                return whole, level
            self._layer(level)[self._name(expression)] = whole
            self.placed[id(expression)] = level
        return Field(self._name(expression)), self.placed[id(expression)] + 1

    def _is_column(self, expression: Expression) -> bool:
        return id(expression) in self.names or (isinstance(expression, Operation) and self.uses[id(expression)] > 1)

    def _name(self, expression: Expression) -> str:
        return self.names.setdefault(id(expression), f"shared_{len(self.names)}")

    def _layer(self, level: int) -> Layer:
        while len(self.layers) <= level:
            self.layers.append({})
        return self.layers[level]


def _rebuilt(expression: Expression, parts: tuple[Expression, ...]) -> Expression:
    match expression:
        case Operation(name, _):
            return Operation(name, parts)
        case Feature():
            return parts[0]
        case _:
            return expression
