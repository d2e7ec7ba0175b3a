"""Every engine knows the same operations and gives the same answer, nulls and zero divisors included."""

from typing import Any

import duckdb
import ibis
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churn_assets.features import ibis_arithmetic, numpy_arithmetic, scalar_arithmetic
from churn_assets.features.expressions import (
    Expression,
    Field,
    Operation,
    evaluate,
    greatest,
    least,
    only_if,
    square_root,
    total,
    where,
)
from churn_assets.features.ibis_arithmetic import on_rows
from churn_assets.features.numpy_arithmetic import NumpyArithmetic
from churn_assets_tests.features.evaluations import plain

A, B = Field("a"), Field("b")
EXPRESSIONS: dict[str, Expression] = {
    "add": A + B,
    "subtract": A - B,
    "subtract from a constant": 1 - A,
    "multiply": A * B,
    "divide": A / B,
    "floor divide": A // 7,
    "only if less": only_if(A < B, A),
    "only if at least": only_if(A >= B, A),
    "only if equal": only_if(A == B, B),
    "both": only_if((A < 1) & (B < 1), A),
    "either": only_if((A < 1) | (B < 1), A),
    "where": where(A < B, A, B),
    "least": least(A, B),
    "greatest": greatest(A, B, 0),
    "square root": square_root(A),
    "total": total([A, B, A]),
    "words": where(A < 0, "below", where(A < 1, "small", "large")),
}
NUMBERS = st.one_of(st.none(), st.sampled_from([0.0, 1.0, -1.0, 7.0, 0.5]), st.floats(-1e6, 1e6))


def with_numpy(expression: Expression, rows: list[tuple[float | None, float | None]]) -> list[Any]:
    columns = {
        name: np.array([np.nan if row[n] is None else row[n] for row in rows], dtype=np.float64)
        for n, name in enumerate("ab")
    }
    with np.errstate(invalid="ignore"):
        value = evaluate(expression, NumpyArithmetic(), lambda leaf: columns[leaf.text()])
    return [plain(v) for v in value]


class ScalarArithmetic:
    """`scalar_arithmetic` as `evaluate` asks for it."""

    def constant(self, value: float | str) -> Any:
        return value

    def apply(self, name: str, *arguments: Any) -> Any:
        return scalar_arithmetic.OPERATIONS[name](*arguments)


def with_scalars(expression: Expression, rows: list[tuple[float | None, float | None]]) -> list[Any]:
    def of(row: tuple[float | None, float | None]) -> Any:
        values = {name: np.nan if row[n] is None else row[n] for n, name in enumerate("ab")}
        return evaluate(expression, ScalarArithmetic(), lambda leaf: values[leaf.text()])

    return [plain(of(row)) for row in rows]


def with_ibis(expression: Expression, rows: list[tuple[float | None, float | None]]) -> list[Any]:
    table = ibis.table({"n": "int64", "a": "float64", "b": "float64"}, name="numbers")
    sql = ibis.to_sql(table.select("n", value=on_rows(expression, table)), dialect="duckdb")
    columns = {name: pa.array([row[n] for row in rows], pa.float64()) for n, name in enumerate("ab")}
    with duckdb.connect() as connection:
        connection.register("numbers", pa.table({"n": pa.array(range(len(rows)), pa.int64())} | columns))
        return [plain(value) for _, value in sorted(connection.execute(str(sql)).fetchall())]


def test_all_engines_know_the_same_operations() -> None:
    assert ibis_arithmetic.OPERATIONS.keys() == numpy_arithmetic.OPERATIONS.keys()
    assert scalar_arithmetic.OPERATIONS.keys() == numpy_arithmetic.OPERATIONS.keys()


@pytest.mark.parametrize("name", EXPRESSIONS)
@settings(max_examples=5, deadline=None, derandomize=True, database=None)
@given(rows=st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=30))
def test_both_engines_give_the_same_answer(name: str, rows: list[tuple[float | None, float | None]]) -> None:
    assert with_numpy(EXPRESSIONS[name], rows) == with_ibis(EXPRESSIONS[name], rows)


ODD = st.one_of(st.none(), st.sampled_from([0.0, -0.0, 1.0, 7.0, float("inf"), float("-inf")]), st.floats(width=64))


@pytest.mark.parametrize("name", [*EXPRESSIONS, "modulo", "floor"])
@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(rows=st.lists(st.tuples(ODD, ODD), min_size=1, max_size=10))
def test_single_values_and_arrays_give_the_same_bits(name: str, rows: list[tuple[float | None, float | None]]) -> None:
    more = {"modulo": A % B, "floor": Operation("floor", (A,))}
    expression = (EXPRESSIONS | more)[name]

    with np.errstate(all="ignore"):
        arrays = with_numpy(expression, rows)

    assert list(map(unsigned_zero, with_scalars(expression, rows))) == list(map(unsigned_zero, arrays))


def unsigned_zero(value: Any) -> str:
    """A value to the last bit, but for the sign of zero."""
    return repr(value + 0.0 if isinstance(value, float) else value)


@pytest.mark.parametrize("engine", [with_numpy, with_scalars, with_ibis])
def test_dividing_by_zero_or_null_is_null(engine: Any) -> None:
    assert engine(A / B, [(1, 0), (0, 0), (1, None), (None, 1), (1, 4)]) == [None, None, None, None, 0.25]


@pytest.mark.parametrize("engine", [with_numpy, with_scalars, with_ibis])
def test_least_and_greatest_skip_nulls(engine: Any) -> None:
    assert engine(least(A, B), [(1, None), (None, 2), (None, None), (3, 2)]) == [1, 2, None, 2]
    assert engine(greatest(A, B), [(1, None), (None, 2), (None, None), (3, 2)]) == [1, 2, None, 3]


@pytest.mark.parametrize("engine", [with_numpy, with_scalars, with_ibis])
def test_a_root_of_a_rounding_error_below_zero_is_zero(engine: Any) -> None:
    assert engine(square_root(A), [(-1e-12, 0), (9, 0), (None, 0)]) == [0, 3, None]
