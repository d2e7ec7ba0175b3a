"""Packed files give their content, or all of it up to the damage."""

import gzip
import io
import random

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from churn_assets.ingest.archive import PIECE_BYTES, DamagedArchiveError, unpacked_blocks
from churn_assets_tests.ingest.lines import PROPERTY

PACK = {"": bytes, ".gz": lambda content: gzip.compress(content, mtime=0), ".zst": zstandard.compress}
CONTENT = b"".join(b'{"n":%d,"noise":"%x"}\n' % (n, random.Random(n).getrandbits(256)) for n in range(4000))


def unpack(packed: bytes, compression: str, size: int = 1 << 16) -> bytes:
    return b"".join(unpacked_blocks(io.BytesIO(packed), compression, size))


def unpack_damaged(packed: bytes, compression: str) -> tuple[bytes, str]:
    blocks, found = unpacked_blocks(io.BytesIO(packed), compression, 1 << 16), b""
    try:
        for block in blocks:
            found += block
    except DamagedArchiveError as damage:
        return found, str(damage)
    pytest.fail("the damage went unnoticed")


@PROPERTY
@given(st.lists(st.binary(max_size=3000), max_size=4), st.sampled_from(list(PACK)), st.integers(1, 2000))
def test_members_in_a_row_give_one_content(contents: list[bytes], compression: str, size: int) -> None:
    packed = b"".join(PACK[compression](content) for content in contents)

    assert unpack(packed, compression, size) == b"".join(contents)


@pytest.mark.parametrize("compression", PACK)
def test_a_large_content_comes_in_blocks_of_about_the_size(compression: str) -> None:
    blocks = list(unpacked_blocks(io.BytesIO(PACK[compression](CONTENT)), compression, 1 << 16))

    assert b"".join(blocks) == CONTENT
    assert max(map(len, blocks)) < 5 << 16


def test_zeros_between_and_after_gzip_members_are_padding() -> None:
    packed = PACK[".gz"](b"a\n") + bytes(3 * PIECE_BYTES) + PACK[".gz"](b"b\n") + bytes(512)

    assert unpack(packed, ".gz") == b"a\nb\n"


@pytest.mark.parametrize("compression", [".gz", ".zst"])
def test_a_truncated_archive_gives_what_it_holds(compression: str) -> None:
    packed = PACK[compression](CONTENT)

    found, damage = unpack_damaged(packed[: len(packed) * 3 // 4], compression)

    assert damage == "truncated"
    assert CONTENT.startswith(found)
    assert len(found) > len(CONTENT) // 2 - (1 << 17)


@pytest.mark.parametrize("compression", [".gz", ".zst"])
def test_everything_before_a_damaged_member_is_given(compression: str) -> None:
    damaged = bytearray(PACK[compression](b"lost\n" * 1000))
    damaged[2] ^= 0xFF

    found, damage = unpack_damaged(PACK[compression](b"kept\n") + bytes(damaged), compression)

    assert (found, damage) == (b"kept\n", "corrupt")


def test_gzip_content_is_given_up_to_the_byte_of_the_damage() -> None:
    packed = bytearray(gzip.compress(CONTENT, mtime=0))
    packed[-5] ^= 0xFF  # the checksum, which comes last

    assert unpack_damaged(bytes(packed), ".gz") == (CONTENT, "corrupt")


@pytest.mark.parametrize("compression", [".gz", ".zst"])
def test_what_is_no_archive_at_all_is_corrupt_from_the_start(compression: str) -> None:
    assert unpack_damaged(b'{"ts":1}\n', compression) == (b"", "corrupt")


@pytest.mark.parametrize("compression", [".gz", ".zst"])
def test_an_archive_made_to_explode_comes_in_small_blocks(compression: str) -> None:
    packed = PACK[compression](bytes(64 << 20))

    assert max(map(len, unpacked_blocks(io.BytesIO(packed), compression, 1 << 18))) < 40 << 20


@PROPERTY
@given(st.integers(10, 10_000), st.integers(1, 255))
def test_a_changed_byte_in_a_gzip_body_is_always_noticed(at: int, change: int) -> None:
    packed = bytearray(PACK[".gz"](CONTENT[:5000]))
    packed[10 + at % (len(packed) - 10)] ^= change

    _, damage = unpack_damaged(bytes(packed), ".gz")

    assert damage in ("corrupt", "truncated")
