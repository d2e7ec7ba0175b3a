"""Arrow arrays of what Python and NumPy hold, and back.

pyarrow's own ways, `pyarrow.array` and `to_numpy`, load pandas first, which takes longer than decoding many a file.
"""

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Integers = npt.NDArray[np.int64]
Number = TypeVar("Number", bound=np.generic)
Booleans = npt.NDArray[np.bool_]


def of_numbers(numbers: npt.NDArray[Any], kind: pa.DataType) -> pa.Array:
    """Numbers as values of a type that holds them as they are, in as many bytes."""
    return pa.Array.from_buffers(kind, len(numbers), [None, pa.py_buffer(np.ascontiguousarray(numbers))])


def of_flags(flags: Booleans) -> pa.BooleanArray:
    """Flags, as Arrow filters rows with them."""
    return pa.BooleanArray.from_buffers(pa.bool_(), len(flags), [None, pa.py_buffer(_bits(flags))])


def of_texts(texts: Sequence[str | None]) -> pa.StringArray:
    """Texts and nulls."""
    written = [b"" if text is None else text.encode() for text in texts]
    ends = np.cumsum([0, *map(len, written)], dtype=np.int32)
    valid = _bits(np.array([text is not None for text in texts], bool))
    return pa.StringArray.from_buffers(len(written), *map(pa.py_buffer, (ends, b"".join(written), valid)))


def repeated(text: str, count: int) -> pa.StringArray:
    """So many times the same text."""
    one = text.encode()
    ends = np.arange(count + 1, dtype=np.int32) * len(one)
    return pa.StringArray.from_buffers(count, pa.py_buffer(ends), pa.py_buffer(one * count))


def no_rows(schema: pa.Schema) -> pa.RecordBatch:
    """A batch of a schema without any row."""
    return pa.RecordBatch.from_arrays([pa.nulls(0, field.type) for field in schema], schema=schema)


def numbers_of(array: pa.Array, kind: type[Number]) -> npt.NDArray[Number]:
    """The values of an array without nulls, which holds them as numbers of that kind."""
    return np.frombuffer(array.buffers()[1], kind, len(array), array.offset * kind().itemsize)


def _bits(flags: Booleans) -> npt.NDArray[np.uint8]:
    return np.packbits(flags, bitorder="little")
