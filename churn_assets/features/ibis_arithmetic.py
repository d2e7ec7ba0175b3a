"""The arithmetic of declarations on Ibis columns: one expression for DuckDB, Spark and any warehouse Ibis speaks."""

from collections.abc import Callable
from typing import Any

from churn_assets.features.expressions import Expression, Field, evaluate


class IbisArithmetic:
    """`Arithmetic` on Ibis values."""

    def constant(self, value: float | str) -> Any:
        """A literal, whole numbers as int64."""
        import ibis

        return ibis.literal(value, type="int64") if isinstance(value, int) else ibis.literal(value)

    def apply(self, name: str, *arguments: Any) -> Any:
        """The operation called `name` on Ibis values."""
        return OPERATIONS[name](*arguments)


def _divide(dividend: Any, divisor: Any) -> Any:
    return dividend.cast("float64") / divisor.cast("float64").nullif(0.0)


def _where(condition: Any, then: Any, otherwise: Any) -> Any:
    import ibis

    return ibis.ifelse(condition, then, otherwise)


def _only_if(condition: Any, then: Any) -> Any:
    import ibis

    return ibis.ifelse(condition, then, ibis.null(then.type()))


def _least(*operands: Any) -> Any:
    import ibis

    return ibis.least(*operands)


def _greatest(*operands: Any) -> Any:
    import ibis

    return ibis.greatest(*operands)


OPERATIONS: dict[str, Callable[..., Any]] = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": _divide,
    "floor_divide": lambda a, b: a // b,
    "modulo": lambda a, b: a % b,
    "less": lambda a, b: a < b,
    "at_least": lambda a, b: a >= b,
    "equal": lambda a, b: a == b,
    "both": lambda a, b: a & b,
    "either": lambda a, b: a | b,
    "where": _where,
    "only_if": _only_if,
    "least": _least,
    "greatest": _greatest,
    "square_root": lambda a: a.cast("float64").sqrt(),
    "floor": lambda a: a.floor().cast("int64"),
}


def on_rows(expression: Expression, rows: Any) -> Any:
    """A condition or value of an aggregate, on the rows of an Ibis table."""

    def column(leaf: Expression) -> Any:
        assert isinstance(leaf, Field)
        return rows[leaf.name]

    return evaluate(expression, IbisArithmetic(), column)
