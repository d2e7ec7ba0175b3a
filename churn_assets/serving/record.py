"""A request as the rows that the store keeps of it, and back."""

import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import msgspec
import zstandard

from churn_assets.cutoffs import epoch_day
from churn_assets.errors import StoreError
from churn_assets.serving.prediction import Answered, Prediction
from churn_assets.serving.schema import data_day

ZSTD_LEVEL = 1
"""Raw logs are so repetitive that level 3 saves nothing and takes twice as long."""
FIELDS = tuple(field.name for field in fields(Prediction))

_ENCODER = msgspec.json.Encoder(enc_hook=float)
_DECODER = msgspec.json.Decoder(dict[str, float | str | None])
_OWN = threading.local()


@dataclass(frozen=True)
class Record:
    """A request ready to be written: what was given, its row of `churn_requests`, its rows of `churn_predictions`."""

    answered: Answered
    request: Mapping[str, Any]
    predictions: Sequence[Mapping[str, Any]]

    @property
    def request_id(self) -> str:
        """The request's id."""
        return self.answered.request_id

    @property
    def size_bytes(self) -> int:
        """About how much is written."""
        return len(self.request["answer"]) + sum(len(row["logs"]) + len(row["features"]) for row in self.predictions)


def record(answered: Answered) -> Record:
    """The rows of a request; StoreError if no database, or not every one, can keep it as it is."""
    request = {
        "request_id": answered.request_id,
        "digest": answered.digest,
        "answer": compressed(answered.answer),
    }
    for number, prediction in enumerate(answered.predictions):
        _require_ours(answered, prediction, number)
    rows = [_row(prediction) for prediction in answered.predictions]
    for texts in (request, *rows):
        _require_plain(texts)
    return Record(answered, request, rows)


def _require_ours(answered: Answered, prediction: Prediction, number: int) -> None:
    if prediction.request_id != answered.request_id:
        message = f"Prediction {number} of request {answered.request_id!r} names another, {prediction.request_id!r}."
        raise StoreError(message)
    if not (math.isfinite(prediction.churn_probability) and math.isfinite(prediction.knowledge)):
        message = f"Prediction {number} of request {answered.request_id!r} has no finite probability or knowledge."
        raise StoreError(message)


def _require_plain(row: Mapping[str, Any]) -> None:
    for name, value in row.items():
        if isinstance(value, str) and ("\0" in value or not _is_unicode(value)):
            message = f"{name} has a null character or half of a surrogate pair, which no database keeps: refuse it."
            raise StoreError(message)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _row(prediction: Prediction) -> dict[str, Any]:
    row = {name: getattr(prediction, name) for name in FIELDS}
    day = epoch_day(data_day(prediction.as_of))
    return row | {"day": day, "features": _features(prediction), "logs": compressed(prediction.logs)}


def _features(prediction: Prediction) -> str:
    """The features as JSON that can be read back; numbers that are not finite become null."""
    try:
        encoded = _ENCODER.encode(prediction.features)
        _DECODER.decode(encoded)
        return encoded.decode()
    except (TypeError, ValueError, msgspec.MsgspecError) as error:
        message = f"The features of request {prediction.request_id!r} are not numbers, texts or None: {error}."
        raise StoreError(message) from error


def prediction(row: Any) -> Prediction:
    """The prediction that a row of `churn_predictions` keeps."""
    kept: dict[str, Any] = {name: getattr(row, name) for name in FIELDS}
    return Prediction(**kept | {"features": _DECODER.decode(row.features), "logs": decompressed(row.logs)})


def compressed(content: bytes) -> bytes:
    """The content as one zstd frame."""
    return _compressor().compress(content)


def _compressor() -> zstandard.ZstdCompressor:
    """The compressor of this thread: it is not to be shared, and a new one would ask for its memory every time."""
    if not hasattr(_OWN, "compressor"):
        _OWN.compressor = zstandard.ZstdCompressor(level=ZSTD_LEVEL)
    compressor: zstandard.ZstdCompressor = _OWN.compressor
    return compressor


def decompressed(frame: bytes) -> bytes:
    """What `compressed` was given."""
    return zstandard.ZstdDecompressor().decompress(frame)
