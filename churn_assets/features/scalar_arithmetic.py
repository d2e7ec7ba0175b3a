"""The arithmetic of declarations on single values: what `numpy_arithmetic.py` does to arrays, bit by bit.

Only the sign of a zero may differ, which NumPy itself leaves open in `least` and `greatest`.

A value is a number (NaN is null), a text or None, or a truth value. For one listener this is many times quicker than
arrays of one element.
"""

import math
import operator
from collections.abc import Callable
from typing import Any

NULL = math.nan


def _divide(dividend: float, divisor: float) -> float:
    return dividend / divisor if divisor else NULL


def _floor_divide(dividend: float, divisor: float) -> float:
    return dividend // divisor if divisor else NULL


def _modulo(dividend: float, divisor: float) -> float:
    return dividend % divisor if divisor else NULL


def _where(condition: bool, then: Any, otherwise: Any) -> Any:  # noqa: FBT001 — an operand like the others
    return then if condition else otherwise


def _only_if(condition: bool, then: Any) -> Any:  # noqa: FBT001 — an operand like the others
    if condition:
        return then
    return None if then is None or isinstance(then, str) else NULL


def _least(*operands: float) -> float:
    return min((number for number in operands if not math.isnan(number)), default=NULL)


def _greatest(*operands: float) -> float:
    return max((number for number in operands if not math.isnan(number)), default=NULL)


def _square_root(operand: float) -> float:
    return math.sqrt(operand) if operand >= 0 else NULL


def _floor(operand: float) -> float:
    return operand // 1.0 if math.isfinite(operand) else operand


OPERATIONS: dict[str, Callable[..., Any]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": _divide,
    "floor_divide": _floor_divide,
    "modulo": _modulo,
    "less": operator.lt,
    "at_least": operator.ge,
    "equal": operator.eq,
    "both": operator.and_,
    "either": operator.or_,
    "where": _where,
    "only_if": _only_if,
    "least": _least,
    "greatest": _greatest,
    "square_root": _square_root,
    "floor": _floor,
}
