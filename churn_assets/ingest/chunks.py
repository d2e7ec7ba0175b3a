"""Cuts a landing file into chunks of whole lines, of bounded size."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from churn_assets.ingest.archive import DamagedArchiveError, unpacked_blocks
from churn_assets.ingest.landing import LandingFile
from churn_assets.ingest.log_line import Fault, Reason

BLOCK_BYTES = 1 << 20
MAX_LINE_BYTES = 1 << 23
MAX_LINES = 1 << 14
_LINE_END = ord("\n")
KEPT_BYTES = 1 << 16
"""How much is kept of what is too long to be kept."""


@dataclass(frozen=True)
class Chunk:
    r"""Whole lines in a row, joined by `\n` without a last one; with a `fault`, one single line that has it.

    `first_line` counts from 1; `consumed` is how many stored bytes of the file were read so far.
    """

    first_line: int
    data: bytes
    consumed: int
    fault: Fault | None = None

    @cached_property
    def lines(self) -> int:
        """Number of lines."""
        return _line_ends(self.data) + 1 if self.fault is None else 1

    @property
    def numbers(self) -> npt.NDArray[np.int64]:
        """The number of each line in the file."""
        return np.arange(self.first_line, self.first_line + self.lines)


def read_chunks(file: LandingFile, *, block_bytes: int = BLOCK_BYTES) -> Iterator[Chunk]:
    r"""Every line of `file` once, in order; LandingError if it cannot be read.

    A line longer than MAX_LINE_BYTES, and what is left of a damaged archive, become one faulty line each, of which
    KEPT_BYTES are kept. A byte order mark, `\r\n`, and a missing last line end are taken as usual.
    """
    line = 1
    with file.open() as handle:
        blocks = unpacked_blocks(handle, file.compression, block_bytes)
        for data, fault in _split(_without_mark(blocks)):
            for piece in _pieces(data) if fault is None else (data,):
                chunk = Chunk(line, piece, handle.tell(), fault)
                yield chunk
                line += chunk.lines


def _pieces(data: bytes) -> Iterator[bytes]:
    """The lines of `data` in groups of at most MAX_LINES: a block of mere line ends holds half a million."""
    if _line_ends(data) < MAX_LINES:
        yield data
        return
    lines = data.split(b"\n")
    for start in range(0, len(lines), MAX_LINES):
        yield b"\n".join(lines[start : start + MAX_LINES])


def _line_ends(data: bytes) -> int:
    # Many times faster than `bytes.count`.
    return int(np.count_nonzero(np.frombuffer(data, np.uint8) == _LINE_END))


def _split(blocks: Iterator[bytes]) -> Iterator[tuple[bytes, Fault | None]]:
    splitter = _Splitter()
    try:
        for block in blocks:
            yield from splitter.feed(block)
    except DamagedArchiveError as damage:
        yield from splitter.overlong()
        yield splitter.rest[:KEPT_BYTES], Fault(f"{Reason.UNREADABLE_ARCHIVE}: {damage}")
    else:
        yield from splitter.overlong()
        if splitter.rest:
            yield splitter.rest, None


def _without_mark(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The same content without a byte order mark at its start."""
    start = b""
    for block in blocks:
        start += block
        if len(start) >= len(codecs.BOM_UTF8):
            break
    yield start.removeprefix(codecs.BOM_UTF8)
    yield from blocks


class _Splitter:
    """Keeps the unfinished line between two blocks; `rest` never grows beyond MAX_LINE_BYTES and one block."""

    def __init__(self) -> None:
        self.rest = b""

    def feed(self, block: bytes) -> Iterator[tuple[bytes, Fault | None]]:
        """The lines that end in `block`."""
        end = block.find(b"\n")
        if end >= 0 and len(self.rest) + end > MAX_LINE_BYTES:
            self.rest += block[:end]
            yield from self.overlong()
            block = block[end + 1 :]
        whole, joint, unfinished = block.rpartition(b"\n")
        if joint:
            data = self.rest + whole
            yield _with_plain_ends(data) if b"\r" in data else data, None
            self.rest = unfinished
        elif len(self.rest) <= MAX_LINE_BYTES:
            self.rest += unfinished

    def overlong(self) -> Iterator[tuple[bytes, Fault | None]]:
        """The unfinished line, if it is too long already."""
        if len(self.rest) > MAX_LINE_BYTES:
            yield self.rest[:KEPT_BYTES], Fault(Reason.TOO_LONG)
            self.rest = b""


def _with_plain_ends(data: bytes) -> bytes:
    return (data + b"\n").replace(b"\r\n", b"\n")[:-1]
