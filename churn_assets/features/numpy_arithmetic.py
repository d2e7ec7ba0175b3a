"""The arithmetic of declarations on NumPy arrays: numbers are float64 with NaN for null, texts objects with None."""

from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np


class NumpyArithmetic:
    """`Arithmetic` on arrays of one value a listener (or one a row)."""

    def constant(self, value: float | str) -> Any:
        """A literal is itself: NumPy broadcasts it."""
        return value

    def apply(self, name: str, *arguments: Any) -> Any:
        """The operation called `name`, element by element."""
        return OPERATIONS[name](*arguments)


def _divide(dividend: Any, divisor: Any) -> Any:
    divisor = np.asarray(divisor, dtype=np.float64)
    return np.asarray(dividend, dtype=np.float64) / np.where(divisor == 0, np.nan, divisor)


def _where(condition: Any, then: Any, otherwise: Any) -> Any:
    if isinstance(then, str) or isinstance(otherwise, str):
        then, otherwise = np.asarray(then, dtype=object), np.asarray(otherwise, dtype=object)
    return np.where(condition, then, otherwise)


def only_if(condition: Any, then: Any) -> Any:
    """`then` where the condition holds, null elsewhere."""
    is_text = np.asarray(then).dtype == object
    return np.where(condition, then, None if is_text else np.nan)


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
    "only_if": only_if,
    "least": lambda *operands: reduce(np.fmin, operands),
    "greatest": lambda *operands: reduce(np.fmax, operands),
    "square_root": np.sqrt,
    "floor": np.floor,
}
