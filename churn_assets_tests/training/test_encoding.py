import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_assets.features.schema import FeatureColumn, FeatureSchema
from churn_assets.training.encoding import BINS, MOST_LEVELS, Encoder, Style

AMOUNT = FeatureColumn("amount", "A number.", is_categorical=False)
DEVICE = FeatureColumn("device", "A category.", is_categorical=True)
SCHEMA = FeatureSchema((AMOUNT, DEVICE), "f")
STYLES: tuple[Style, ...] = ("linear", "imputed", "binned")


def rows(amounts: list[float | None], devices: list[str | None] | None = None) -> pd.DataFrame:
    """A frame of both features; every listener on the desktop unless told otherwise."""
    return pd.DataFrame({"amount": pd.array(amounts, dtype="Float64"), "device": devices or ["Desktop"] * len(amounts)})


def learnt(frame: pd.DataFrame, style: Style, column: FeatureColumn) -> Encoder:
    """The encoder of one feature."""
    return Encoder.learn(frame, FeatureSchema((column,), "f"), style)


def test_a_null_becomes_the_median_and_is_flagged() -> None:
    frame = rows([1.0, 2.0, 9.0, None])
    matrix = learnt(frame, "imputed", AMOUNT).matrix(frame)
    assert matrix.tolist() == [[1, 0], [2, 0], [9, 0], [2, 1]]


def test_a_feature_without_nulls_in_training_has_no_flag_and_still_takes_a_null_later() -> None:
    encoder = learnt(rows([1.0, 2.0, 3.0]), "imputed", AMOUNT)
    assert encoder.matrix(rows([None, 5.0])).tolist() == [[2], [5]]


def test_a_feature_that_is_always_null_in_training_becomes_zero() -> None:
    encoder = learnt(rows([None, None]), "imputed", AMOUNT)
    assert encoder.matrix(rows([None])).tolist() == [[0]]


def test_linear_numbers_have_mean_zero_and_deviation_one_over_the_training_rows() -> None:
    frame = rows(list(np.random.default_rng(1).normal(50, 7, 500)))
    matrix = learnt(frame, "linear", AMOUNT).matrix(frame)
    assert matrix.mean() == pytest.approx(0, abs=1e-9)
    assert matrix.std() == pytest.approx(1)


def test_a_skewed_number_is_tamed_by_its_logarithm() -> None:
    frame = rows(list(np.random.default_rng(1).lognormal(3, 1.5, 500)))
    matrix = learnt(frame, "linear", AMOUNT).matrix(frame)
    assert matrix.max() < 5


def test_an_absurd_value_is_cut_in_a_linear_score() -> None:
    encoder = learnt(rows([1.0, 2.0, 3.0, 4.0]), "linear", AMOUNT)
    assert encoder.matrix(rows([1e12, -1e12])).ravel() == pytest.approx([8.0, -8.0])


def test_a_constant_stays_finite_in_a_linear_score() -> None:
    encoder = learnt(rows([3.0, 3.0]), "linear", AMOUNT)
    assert encoder.matrix(rows([3.0])).tolist() == [[0.0]]


def test_bins_hold_about_equal_numbers_of_training_rows() -> None:
    frame = rows(list(np.random.default_rng(2).exponential(5, 6400)))
    bins = learnt(frame, "binned", AMOUNT).matrix(frame).ravel()
    counts = np.bincount(bins.astype(int))
    assert len(counts) == BINS
    assert counts.min() > 80


def test_bins_keep_the_order_and_the_nulls() -> None:
    frame = rows([5.0, 1.0, None, 3.0])
    bins = learnt(frame, "binned", AMOUNT).matrix(frame).ravel()
    assert bins[1] < bins[3] < bins[0]
    assert np.isnan(bins[2])


def test_a_category_has_one_column_a_frequent_level_and_one_for_the_rest() -> None:
    frame = rows([0.0] * 61, ["Desktop"] * 30 + ["Mobile"] * 30 + ["Fridge"])
    encoder = learnt(frame, "imputed", DEVICE)
    asked = rows([0.0] * 4, ["Desktop", "Mobile", "Fridge", None])
    assert encoder.matrix(asked).tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1]]


def test_a_frequent_null_is_a_level_of_its_own() -> None:
    frame = rows([0.0] * 60, ["Desktop"] * 30 + [None] * 30)
    matrix = learnt(frame, "imputed", DEVICE).matrix(rows([0.0] * 2, [None, "Toaster"]))
    assert matrix.tolist() == [[1, 0, 0], [0, 0, 1]]


def test_only_the_commonest_levels_get_columns() -> None:
    devices: list[str | None] = [f"d{level:02d}" for level in range(30) for _ in range(20 + level)]
    encoder = learnt(rows([0.0] * len(devices), devices), "imputed", DEVICE)
    assert len(encoder.owners) == MOST_LEVELS + 1
    assert encoder.to_json()[0]["levels"][0] == "d15"


@given(st.lists(st.sampled_from(["Desktop", "Mobile", "Tablet", "new", None]), min_size=1, max_size=20))
def test_exactly_one_column_of_a_category_is_one_in_every_row(devices: list[str | None]) -> None:
    encoder = learnt(rows([0.0] * 50, ["Desktop"] * 25 + ["Mobile"] * 25), "linear", DEVICE)
    assert (encoder.matrix(rows([0.0] * len(devices), devices)).sum(axis=1) == 1).all()


@given(
    st.lists(st.none() | st.floats(-1e15, 1e15), min_size=1, max_size=30),
    st.lists(st.none() | st.floats(-1e300, 1e300), min_size=1, max_size=10),
    st.sampled_from(["linear", "imputed"]),
)
def test_no_training_rows_and_no_later_value_make_anything_infinite(
    trained: list[float | None], later: list[float | None], style: Style
) -> None:
    assert np.isfinite(learnt(rows(trained), style, AMOUNT).matrix(rows(later))).all()


@pytest.mark.parametrize("style", STYLES)
def test_an_encoder_survives_json_to_the_last_bit(style: Style) -> None:
    frame = rows([0.1, None, 7.3] * 20, ["Desktop", "Mobile", None] * 20)
    encoder = Encoder.learn(frame, SCHEMA, style)
    restored = Encoder.from_json(json.loads(json.dumps(encoder.to_json())))
    assert restored == encoder
    assert np.array_equal(restored.matrix(frame), encoder.matrix(frame), equal_nan=True)


def test_values_of_columns_are_summed_back_to_their_feature() -> None:
    frame = rows([1.0, None] * 30, ["Desktop", "Mobile"] * 30)
    encoder = Encoder.learn(frame, SCHEMA, "imputed")
    summed = encoder.by_feature(np.array([[1.0, 10.0, 100.0, 1000.0, 0.5]]), pd.Index(["row"]))
    assert encoder.owners == (0, 0, 1, 1, 1)
    assert summed.loc["row"].to_dict() == {"amount": 11.0, "device": 1100.5}


def test_an_encoder_of_nothing_makes_a_matrix_without_columns() -> None:
    assert Encoder.learn(rows([1.0]), FeatureSchema((), "f"), "linear").matrix(rows([1.0, 2.0])).shape == (2, 0)


def test_the_order_of_the_columns_of_a_frame_does_not_matter() -> None:
    frame = rows([1.0, 2.0], ["Desktop", "Mobile"])
    encoder = Encoder.learn(frame, SCHEMA, "linear")
    assert np.array_equal(encoder.matrix(frame[["device", "amount"]]), encoder.matrix(frame))
