"""What stores call a version of an object, and when that proves what is in it."""

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

PART_BYTES = 16 << 20
"""Bytes of a part of a large upload to S3; smaller files are put at once."""
TAGS = ("ETag", "etag", "md5Hash", "content_md5", "generation", "mtime", "LastModified", "last_modified", "created")
"""Keys of fsspec's details that tell versions apart, the best first."""
_MD5 = re.compile(r'"?([0-9a-f]{32})(?:-(\d+))?"?')


def tag_of(info: Mapping[str, Any]) -> str:
    """What a store calls the version that its details are of; empty if it does not tell."""
    return next((str(info[key]) for key in TAGS if info.get(key)), "")


def is_proven(path: Path, tag: str) -> bool:
    """Whether a tag is a checksum that a file keeps; False also where it is none, as with keys of one's own on S3."""
    match = _MD5.fullmatch(tag)
    if match is None:
        return base64.b64encode(_md5(path)).decode() == tag
    digest, parts = match.groups()
    if parts is None:
        return _md5(path).hex() == digest
    joined = b"".join(hashlib.md5(part, usedforsecurity=False).digest() for part in _parts(path))
    return hashlib.md5(joined, usedforsecurity=False).hexdigest() == digest


def _md5(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).digest()


def _parts(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while part := file.read(PART_BYTES):
            yield part
