"""What a Parquet file holds, as one hash: the same for equal rows in equal order, however they were written.

Texts are hashed as numbers into the distinct ones, which is how a file holds most of them: writing each text out again,
as often as it occurs, took half of the time or more.
"""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt
    import pyarrow as pa

CELLS = 1 << 23
"""So many values are held in memory at once: many columns of a small file, one column of a large one."""


class Digest(Protocol):
    """What `hashlib` makes, as far as it is needed here."""

    def update(self, data: Any, /) -> None:
        """Take more bytes."""


def content_of(path: Path) -> tuple[int, str]:
    """Number of rows of a Parquet file, and the SHA-256 of its columns' names, types and values in order.

    Row groups, encodings, statistics, and whether a column was declared to have no nulls, do not matter.
    """
    import pyarrow.parquet as pq

    footer = pq.read_metadata(path)
    schema, rows = footer.schema.to_arrow_schema(), footer.num_rows
    texts = [field.name for field in schema if _is_text(field.type)]
    digest = hashlib.sha256(f"{rows} rows".encode())
    at_once = max(CELLS // max(rows, 1), 1)
    with pq.ParquetFile(path, metadata=footer, read_dictionary=texts) as file:
        for first in range(0, len(schema), at_once):
            table = file.read(schema.names[first : first + at_once], use_threads=False).unify_dictionaries()
            for field, column in zip(table.schema, table.columns, strict=True):
                kind = "text" if field.name in texts else field.type
                digest.update(f"\n{field.name} {kind}\n".encode())
                _take(digest, _whole(column))
    return rows, digest.hexdigest()


def _whole(column: "pa.ChunkedArray") -> "pa.Array":
    """A column in one piece; its own `combine_chunks` would load pandas, which takes longer than many a query."""
    import pyarrow as pa

    match column.chunks:
        case []:
            return pa.nulls(0, column.type)
        case [one]:
            return one
        case several:
            return pa.concat_arrays(several)


def _is_text(type_: "pa.DataType") -> bool:
    """Whether a column holds texts or bytes; pyarrow remembers that one was written from a dictionary of them."""
    import pyarrow as pa

    return bool(pa.types.is_string(type_) or pa.types.is_binary(type_) or pa.types.is_dictionary(type_))


def _take(digest: Digest, values: "pa.Array") -> None:
    """Add an array: which values are null, then the others."""
    import pyarrow as pa

    valid = _bits(values, 0) if values.null_count else None
    if valid is not None:
        digest.update(np.packbits(valid))
    if pa.types.is_dictionary(values.type):
        _take_texts(digest, values, valid)
    elif pa.types.is_list(values.type):
        _take(digest, values.value_lengths())
        _take(digest, values.flatten())
    elif _is_text(values.type):
        _take_dense(digest, values)
    else:
        numbers = _numbers(values)
        digest.update(numbers if valid is None else numbers[valid])


def _take_texts(digest: Digest, values: "pa.DictionaryArray", valid: "npt.NDArray[np.bool_] | None") -> None:
    """Texts, as numbers in order of first appearance and the distinct texts in that order."""
    numbers = _numbers(values.indices)
    numbers = numbers if valid is None else numbers[valid]
    if not _is_in_order_of_appearance(numbers, len(values.dictionary)):
        values = values.dictionary_decode().drop_null().dictionary_encode()
        numbers = _numbers(values.indices)
    digest.update(numbers)
    _take_dense(digest, values.dictionary)


def _is_in_order_of_appearance(numbers: "npt.NDArray[Any]", distinct: int) -> bool:
    """Whether each number that appears first is the next one, and every distinct text appears."""
    if not len(numbers):
        return distinct == 0
    so_far = np.maximum.accumulate(numbers)
    return bool(so_far[0] == 0 and so_far[-1] == distinct - 1 and (np.diff(so_far) <= 1).all())


def _take_dense(digest: Digest, texts: "pa.Array") -> None:
    """Texts one after the other, and where each ends; nulls hold none."""
    _, ends, content = texts.buffers()
    offsets = np.frombuffer(ends, np.int32)[texts.offset : texts.offset + len(texts) + 1] if ends else np.zeros(1, "i4")
    digest.update(offsets - offsets[0])
    if content is not None:
        digest.update(memoryview(content)[offsets[0] : offsets[-1]])


def _numbers(values: "pa.Array") -> "npt.NDArray[Any]":
    """The values of an array of fixed width, those below nulls included."""
    if values.type.bit_width == 1:
        return _bits(values, 1)
    buffer = values.buffers()[1]
    type_ = np.dtype(f"u{values.type.bit_width // 8}")
    return np.frombuffer(buffer, type_, len(values), values.offset * type_.itemsize) if buffer else np.empty(0, type_)


def _bits(values: "pa.Array", buffer: int) -> "npt.NDArray[np.bool_]":
    bits = np.frombuffer(values.buffers()[buffer], np.uint8)
    return np.unpackbits(bits, count=values.offset + len(values), bitorder="little")[values.offset :].astype(bool)
