import tracemalloc

import numpy as np
import pandas as pd
import pytest

from churn_assets.training.arrays import NO_TEXT, numbers, texts


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([1.5, np.nan]),
        pd.Series([1.5, None], dtype=object),
        pd.Series([1.5, pd.NA], dtype="Float64"),
    ],
)
def test_every_kind_of_null_number_becomes_nan(column: pd.Series) -> None:
    values = numbers(column)
    assert values.dtype == np.float64
    assert values[0] == 1.5
    assert np.isnan(values[1])


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(["a", None], dtype=object),
        pd.Series(["a", np.nan], dtype=object),
        pd.Series(["a", pd.NA], dtype="string"),
        pd.Series(["a", None], dtype="category"),
    ],
)
def test_every_kind_of_null_text_becomes_the_same_category(column: pd.Series) -> None:
    assert texts(column).tolist() == ["a", NO_TEXT]


def test_no_rows_are_no_values() -> None:
    assert numbers(pd.Series([], dtype=object)).size == 0
    assert texts(pd.Series([], dtype=object)).size == 0


def test_one_long_text_takes_no_room_for_the_others() -> None:
    column = np.array(["a"] * 1_000 + ["b" * 50_000], dtype=object)

    tracemalloc.start()
    found = texts(column)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert found.tolist() == column.tolist()
    assert peak < 5_000_000
