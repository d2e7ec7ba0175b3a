"""What proves that a file is a version."""

import base64
import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_assets.lake.versions import PART_BYTES, is_proven, tag_of


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("versions")


@given(content=st.binary(max_size=200), other=st.binary(max_size=200))
def test_a_file_is_proven_by_its_own_checksum_and_by_no_other(folder: Path, content: bytes, other: bytes) -> None:
    path = folder / "file"
    path.write_bytes(content)

    for tag in (f'"{hashlib.md5(other).hexdigest()}"', base64.b64encode(hashlib.md5(other).digest()).decode()):
        assert is_proven(path, tag) == (content == other)


@pytest.mark.parametrize("size", [PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 2 * PART_BYTES])
def test_a_file_put_in_parts_is_proven_by_the_checksum_of_their_checksums(folder: Path, size: int) -> None:
    content, path = bytes(size), folder / "parts"
    path.write_bytes(content)
    parts = [content[first : first + PART_BYTES] for first in range(0, size, PART_BYTES)]
    joined = hashlib.md5(b"".join(hashlib.md5(part).digest() for part in parts)).hexdigest()

    assert is_proven(path, f'"{joined}-{len(parts)}"')
    path.write_bytes(content[:-1] + b"x")
    assert not is_proven(path, f'"{joined}-{len(parts)}"')


@pytest.mark.parametrize("tag", ["2026-01-01 00:00:00", "1700000000", '"0123"', ""])
def test_what_is_no_checksum_proves_nothing(folder: Path, tag: str) -> None:
    (folder / "file").write_bytes(b"")

    assert not is_proven(folder / "file", tag)


def test_a_checksum_tells_a_version_before_a_time_does() -> None:
    assert tag_of({"ETag": '"a"', "LastModified": "today"}) == '"a"'
    assert tag_of({"created": "today", "size": 3}) == "today"
    assert tag_of({"size": 3, "ETag": None}) == ""
