"""The little language of declarations: arithmetic and conditions over fields, aggregates and the cut-off.

An expression is data. It is evaluated by giving it an `Arithmetic` (Ibis or NumPy) and a value for
each of its leaves; nothing else ever computes a feature. Times are whole numbers (epoch
milliseconds), null means "undefined", and a division by zero is null in every engine.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol


class Expression:
    """Something that can be computed; operators build larger expressions."""

    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        message = "An expression has no truth value: combine conditions with & and |, compare expressions with `is`."
        raise TypeError(message)

    def __add__(self, other: Any) -> "Expression":
        return Operation("add", (self, lift(other)))

    def __sub__(self, other: Any) -> "Expression":
        return Operation("subtract", (self, lift(other)))

    def __rsub__(self, other: Any) -> "Expression":
        return Operation("subtract", (lift(other), self))

    def __mul__(self, other: Any) -> "Expression":
        return Operation("multiply", (self, lift(other)))

    def __truediv__(self, other: Any) -> "Expression":
        return Operation("divide", (self, lift(other)))

    def __floordiv__(self, other: Any) -> "Expression":
        return Operation("floor_divide", (self, lift(other)))

    def __mod__(self, other: Any) -> "Expression":
        return Operation("modulo", (self, lift(other)))

    def __lt__(self, other: Any) -> "Expression":
        return Operation("less", (self, lift(other)))

    def __ge__(self, other: Any) -> "Expression":
        return Operation("at_least", (self, lift(other)))

    def __eq__(self, other: object) -> "Expression":  # type: ignore[override]
        return Operation("equal", (self, lift(other)))

    def __and__(self, other: "Expression") -> "Expression":
        return Operation("both", (self, other))

    def __or__(self, other: "Expression") -> "Expression":
        return Operation("either", (self, other))

    def leaves(self) -> "Iterator[Expression]":
        """Every leaf below this expression, constants left out."""
        yield self

    def text(self) -> str:
        """The expression in canonical words: equal expressions read the same."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class Constant(Expression):
    """A number or a text."""

    value: float | str

    def leaves(self) -> Iterator[Expression]:
        """No leaves: a constant is known."""
        return iter(())

    def text(self) -> str:
        """The value as Python writes it."""
        return repr(self.value)


@dataclass(frozen=True, eq=False)
class Symbol(Expression):
    """A value that the evaluation supplies: the cut-off, the start of the log, the lookback."""

    name: str

    def text(self) -> str:
        """The name in capitals."""
        return self.name.upper()


@dataclass(frozen=True, eq=False)
class Field(Expression):
    """A column of the rows that an aggregate runs over."""

    name: str

    def text(self) -> str:
        """The column's name."""
        return self.name


@dataclass(frozen=True, eq=False)
class Operation(Expression):
    """An operation of `Arithmetic` on other expressions."""

    name: str
    arguments: tuple[Expression, ...]

    def leaves(self) -> Iterator[Expression]:
        """The leaves of all arguments."""
        for argument in self.arguments:
            yield from argument.leaves()

    def text(self) -> str:
        """Name and arguments, as a call."""
        return f"{self.name}({', '.join(argument.text() for argument in self.arguments)})"


CUTOFF = Symbol("cutoff")
"""00:00 UTC of the cut-off day, in epoch milliseconds."""
LOG_START = Symbol("log_start")
"""00:00 UTC of the first day of the log, in epoch milliseconds."""
LOOKBACK = Symbol("lookback")
"""Days before the cut-off that features see."""


def lift(value: Any) -> Expression:
    """An operand as an expression."""
    return value if isinstance(value, Expression) else Constant(value)


def least(*operands: Any) -> Expression:
    """The smallest of the operands that are not null."""
    return Operation("least", tuple(lift(operand) for operand in operands))


def greatest(*operands: Any) -> Expression:
    """The largest of the operands that are not null."""
    return Operation("greatest", tuple(lift(operand) for operand in operands))


def where(condition: Expression, then: Any, otherwise: Any) -> Expression:
    """`then` where the condition holds, `otherwise` where it does not or is null."""
    return Operation("where", (condition, lift(then), lift(otherwise)))


def only_if(condition: Expression, then: Any) -> Expression:
    """`then` where the condition holds, null elsewhere."""
    return Operation("only_if", (condition, lift(then)))


def square_root(operand: Expression) -> Expression:
    """Square root; of a negative number (rounding below zero) it is that of 0."""
    return Operation("square_root", (where(operand < 0, 0, operand),))


def total(operands: list[Expression]) -> Expression:
    """Sum of the operands, added from left to right."""
    first, *rest = operands
    for operand in rest:
        first = first + operand
    return first


class Arithmetic(Protocol):
    """What an engine must be able to do; `divide` by zero and any operation on null give null."""

    def constant(self, value: float | str) -> Any:
        """A literal."""

    def apply(self, name: str, *arguments: Any) -> Any:
        """The operation `name` of this module on values of the engine."""


def evaluate(expression: Expression, arithmetic: Arithmetic, leaf: Callable[[Expression], Any]) -> Any:
    """The value of an expression in an engine, given the values of its leaves."""
    match expression:
        case Constant(value):
            return arithmetic.constant(value)
        case Operation(name, arguments):
            return arithmetic.apply(name, *(evaluate(argument, arithmetic, leaf) for argument in arguments))
        case _:
            return leaf(expression)
