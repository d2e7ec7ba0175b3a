"""What is written is what is read, whatever it is."""

from hypothesis import given
from hypothesis import strategies as st

from churn_assets.serving.prediction import Prediction
from churn_assets.serving.record import FIELDS, compressed, decompressed, prediction, record
from churn_assets.serving.schema import PREDICTIONS
from churn_assets_tests.ingest.lines import PROPERTY
from churn_assets_tests.serving.answers import answer

WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=12)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
FEATURES = st.dictionaries(WORDS, st.one_of(st.none(), NUMBERS, WORDS), max_size=6)


class Row:
    """A row as a database gives it back."""

    def __init__(self, values: dict[str, object]) -> None:
        vars(self).update(values)


@PROPERTY
@given(WORDS, NUMBERS, FEATURES, st.binary(max_size=200), st.integers(-(2**40), 2**45))
def test_a_prediction_comes_back_to_the_last_bit(
    word: str, probability: float, features: dict[str, float | str | None], logs: bytes, time: int
) -> None:
    kept = answer("r1", word, churn_probability=probability, features=features, logs=logs, as_of=time, risk_band=word)

    (row,) = record(kept).predictions

    assert prediction(Row(dict(row))) == kept.predictions[0]
    assert set(row) == set(PREDICTIONS.columns.keys()) - {"sequence"}


@PROPERTY
@given(st.binary(max_size=5_000))
def test_compressed_content_comes_back(content: bytes) -> None:
    assert decompressed(compressed(content)) == content


def test_repetitive_logs_become_small_and_the_size_counts_what_is_written() -> None:
    kept = answer("r1", "7", "8", logs=b'[{"page":"NextSong"}]' * 2_000)

    made = record(kept)

    assert made.size_bytes == len(made.request["answer"]) + sum(
        len(row["logs"]) + len(row["features"]) for row in made.predictions
    )
    assert made.size_bytes < 2_000


def test_a_record_has_every_field_of_its_predictions() -> None:
    assert set(Prediction.__dataclass_fields__) == set(FIELDS)
