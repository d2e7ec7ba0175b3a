"""Unpacks gzip and zstd streams block by block, up to the very place where one is damaged."""

import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, Protocol

import zstandard

PIECE_BYTES = 1 << 10
"""Compressed bytes unpacked at a time: few, so that even an archive made to explode stays small in memory."""


class DamagedArchiveError(ValueError):
    """A compressed stream is corrupt or ends too early; raised after everything before the damage was given."""


class Unpacker(Protocol):
    """What zlib and zstandard call a decompression object; it unpacks one member (gzip) or frame (zstd)."""

    @property
    def eof(self) -> bool:
        """Whether the member is complete."""

    @property
    def unused_data(self) -> bytes:
        """What followed the end of the member."""

    def decompress(self, data: bytes, /) -> bytes:
        """Unpack the next bytes."""


def _gzip() -> Unpacker:
    return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)


def _zstd() -> Unpacker:
    return zstandard.ZstdDecompressor().decompressobj()


UNPACKERS: dict[str, Callable[[], Unpacker]] = {".gz": _gzip, ".zst": _zstd}


def unpacked_blocks(handle: BinaryIO, compression: str, size: int) -> Iterator[bytes]:
    """The content of `handle` in blocks of about `size` bytes; DamagedArchiveError where it cannot be unpacked.

    `compression` is `.gz`, `.zst` or empty. Several gzip members or zstd frames in a row are one content.
    """
    if not compression:
        yield from iter(lambda: handle.read(size), b"")
        return
    gathered: list[bytes] = []
    gathered_bytes = 0
    try:
        for part in _unpack(handle, UNPACKERS[compression]):
            gathered.append(part)
            gathered_bytes += len(part)
            if gathered_bytes >= size:
                yield b"".join(gathered)
                gathered, gathered_bytes = [], 0
    except DamagedArchiveError:
        yield b"".join(gathered)
        raise
    yield b"".join(gathered)


def _unpack(handle: BinaryIO, new_unpacker: Callable[[], Unpacker]) -> Iterator[bytes]:
    unpacker, member_start, piece = None, 0, b""
    while piece := piece or handle.read(PIECE_BYTES):
        if unpacker is None:
            piece = piece.lstrip(b"\0")  # gzip members may be padded with zeros
            if not piece:
                continue
            unpacker, member_start = new_unpacker(), handle.tell() - len(piece)
        try:
            yield unpacker.decompress(piece)
        except (zlib.error, zstandard.ZstdError):
            piece_start = handle.tell() - len(piece)
            handle.seek(member_start)
            yield from _salvaged(handle, new_unpacker(), piece_start)
            raise DamagedArchiveError("corrupt") from None
        piece = unpacker.unused_data  # of the next member; nothing while this one goes on
        unpacker = None if unpacker.eof else unpacker
    if unpacker is not None:
        raise DamagedArchiveError("truncated")


def _salvaged(handle: BinaryIO, unpacker: Unpacker, piece_start: int) -> Iterator[bytes]:
    """What the damaged piece still holds before the damage: a failing call keeps it, so the member is unpacked anew."""
    while (left := piece_start - handle.tell()) > 0:
        unpacker.decompress(handle.read(min(left, PIECE_BYTES)))
    try:
        while byte := handle.read(1):
            yield unpacker.decompress(byte)
    except (zlib.error, zstandard.ZstdError):
        return
