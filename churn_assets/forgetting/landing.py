"""Landing files: a listener's lines are blanked, so that every other line keeps its number."""

import gzip
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, Any

import fsspec
import zstandard

from churn_assets.forgetting.journal import Blanked, Journal
from churn_assets.forgetting.listener import Listener
from churn_assets.ingest.archive import DamagedArchiveError, unpacked_blocks
from churn_assets.ingest.chunks import BLOCK_BYTES
from churn_assets.ingest.landing import LandingFile, list_landing
from churn_assets.lake.bucket import FRESH

COMPRESSORS: dict[str, Callable[[Any], Any]] = {
    "": nullcontext,
    ".gz": lambda raw: gzip.GzipFile(fileobj=raw, mode="wb", mtime=0),
    ".zst": lambda raw: zstandard.ZstdCompressor().stream_writer(raw, closefd=False),
}


@dataclass(frozen=True)
class LandingPlace:
    """The landing folder, the files that our export wrote included."""

    url: str
    listener: Listener
    name: str = "landing files"

    @cached_property
    def _found(self) -> Sequence[tuple[LandingFile, frozenset[int]]]:
        files = list_landing(self.url)
        found = ((file, frozenset(lines_of(file, self.listener))) for file in files)
        return [(file, lines) for file, lines in found if lines]

    def held(self) -> int:
        """Lines of the listener."""
        return sum(len(lines) for _, lines in self._found)

    def remove(self, journal: Journal) -> None:
        """Blank them, a file at a time, each replaced as a whole."""
        for file, lines in self._found:
            journal.removing(self.name, file.name, len(lines))
            journal.blanking(Blanked(file.name, file.size, file.version))
            blank(file, lines)


def lines_of(file: LandingFile, listener: Listener) -> Iterator[int]:
    """Numbers of the listener's lines, from 1."""
    for number, line in enumerate(_lines(file), 1):
        if listener.owns(line.rstrip(b"\r\n")):
            yield number


def blank(file: LandingFile, lines: frozenset[int]) -> None:
    """Write the file again with these lines empty, everything else as it is, in one step.

    What follows the damage of a damaged archive cannot be read, and is left out.
    """
    with _replacing(file) as raw, COMPRESSORS[file.compression](raw) as out:
        for number, line in enumerate(_lines(file), 1):
            out.write(_empty(line) if number in lines else line)


def _empty(line: bytes) -> bytes:
    """The end of a line; a last line without one gets one, or it would be no line any more."""
    return b"\r\n" if line.endswith(b"\r\n") else b"\n"


def _lines(file: LandingFile) -> Iterator[bytes]:
    """Every line with its end, as far as the file can be read."""
    rest = b""
    with file.open() as handle:
        try:
            for block in unpacked_blocks(handle, file.compression, BLOCK_BYTES):
                *whole, rest = (rest + block).split(b"\n")
                yield from (line + b"\n" for line in whole)
        except DamagedArchiveError:
            pass
    if rest:
        yield rest


@contextmanager
def _replacing(file: LandingFile) -> Iterator[IO[bytes]]:
    """A stream whose content takes the file's place when the block ends well."""
    if "://" in file.url:
        filesystem, path = fsspec.core.url_to_fs(file.url, **FRESH)
        # Closing a remote file puts what was written so far, even if that is not all: so it is put once it is whole.
        with tempfile.NamedTemporaryFile() as staged:
            yield staged
            staged.flush()
            filesystem.put_file(staged.name, path)
        return
    target = Path(os.path.realpath(file.url))
    beside = target.with_name(f".{target.name}.forgetting")
    try:
        with beside.open("wb") as raw:
            yield raw
            raw.flush()
            os.fsync(raw.fileno())
        shutil.copymode(target, beside)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
