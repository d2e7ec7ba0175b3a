"""Looks for words in everything below some folders, decoded every way that we or others encode it."""

import base64
import gzip
import hashlib
import json
import re
import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow.parquet as pq
import zstandard

BASE64 = re.compile(rb"[A-Za-z0-9+/]{16,}={0,2}")
IMAGE = re.compile(rb"data:image/png;base64,[A-Za-z0-9+/=]+")
SQLITE = b"SQLite format 3\0"


def forms(word: str) -> list[bytes]:
    """A word as it may be written: plain, escaped, in another encoding, in base64 at any offset, and hashed."""
    raw = word.encode()
    written = {raw, raw.lower(), json.dumps(word)[1:-1].encode(), word.encode("utf-16-le"), raw.hex().encode()}
    hashed = {getattr(hashlib, name)(raw).hexdigest().encode() for name in ("md5", "sha1", "sha256")}
    shifted = {base64.b64encode(b"x" * offset + raw)[4:-4] for offset in range(3)}
    return sorted(written | hashed | {part for part in shifted if len(part) > 8})


def found(folders: Sequence[Path], words: Sequence[str]) -> set[tuple[str, str]]:
    """Which file holds which word, anywhere in its bytes or in what they decode to."""
    wanted = [(word, form) for word in words for form in forms(word)]
    hits = set()
    for folder in folders:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            for content in contents(path):
                hits |= {(str(path.relative_to(folder)), word) for word, form in wanted if form in content}
            name = str(path.relative_to(folder)).encode()
            hits |= {(name.decode(), word) for word, form in wanted if form in name}
    return hits


def contents(path: Path) -> Iterator[bytes]:
    """The bytes of a file, and all that they decode to."""
    raw = path.read_bytes()
    yield raw
    yield from decoded(raw)
    if path.suffix == ".parquet":
        yield from parquet(path)
    if raw.startswith(SQLITE):
        yield from sqlite(path)


def decoded(raw: bytes, depth: int = 2) -> Iterator[bytes]:
    """What gzip, zstd, zlib or base64 hide, several layers deep."""
    for unpacked in unpack(raw):
        yield unpacked
        if depth:
            yield from decoded(unpacked, depth - 1)
    if depth:
        for match in BASE64.finditer(IMAGE.sub(b"", raw)):
            try:
                inner = base64.b64decode(match[0] + b"=" * (-len(match[0]) % 4))
            except ValueError:
                continue
            yield inner
            yield from unpack(inner)


def unpack(raw: bytes) -> Iterator[bytes]:
    """What a compressed text holds."""
    if raw.startswith(b"\x1f\x8b"):
        yield gzip.decompress(raw)
    if raw.startswith(b"\x28\xb5\x2f\xfd"):
        yield zstandard.ZstdDecompressor().decompressobj().decompress(raw)
    if raw[:1] == b"\x78":
        try:
            yield zlib.decompress(raw)
        except zlib.error:
            return


def parquet(path: Path) -> Iterator[bytes]:
    """Every column of a Parquet file, its statistics and its metadata."""
    with pq.ParquetFile(path) as file:
        yield repr(file.metadata.to_dict()).encode()
        yield repr(file.schema_arrow.metadata).encode()
        for name in file.schema_arrow.names:
            yield from cells(file.read([name])[name].to_pylist())


def sqlite(path: Path) -> Iterator[bytes]:
    """Every cell of every table."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            rows = connection.execute(f'SELECT * FROM "{table}"').fetchall()
            yield from cells([value for row in rows for value in row])


def cells(values: Sequence[object]) -> Iterator[bytes]:
    """Some values as bytes: texts and numbers in one go, bytes one by one as they decode."""
    texts = b"\n".join(str(value).encode(errors="replace") for value in values if not isinstance(value, bytes))
    yield texts
    yield from decoded(texts)
    for value in values:
        if isinstance(value, bytes):
            yield value
            yield from decoded(value)
