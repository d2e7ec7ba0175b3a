"""Files are cut into whole lines, each numbered, however the blocks fall."""

import codecs
from pathlib import Path

import fsspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_assets.ingest.chunks import KEPT_BYTES, MAX_LINE_BYTES, MAX_LINES, Chunk, read_chunks
from churn_assets.ingest.landing import list_landing
from churn_assets_tests.ingest.lines import PROPERTY, land
from churn_assets_tests.ingest.test_archive import PACK

ENDS = st.sampled_from([b"\n", b"\r\n"])
LINES = st.lists(st.tuples(st.binary(max_size=8).map(lambda b: b.replace(b"\n", b"").rstrip(b"\r")), ENDS), max_size=12)


def read(folder: Path, content: bytes, *, name: str = "a.json", block_bytes: int = 1 << 16) -> list[Chunk]:
    return list(read_chunks(land(folder, name, content), block_bytes=block_bytes))


def lines_of(chunks: list[Chunk]) -> list[tuple[int, bytes, str | None]]:
    found = []
    for chunk in chunks:
        reason = chunk.fault.reason if chunk.fault else None
        lines = [chunk.data] if chunk.fault else chunk.data.split(b"\n")
        found += [(int(number), one, reason) for number, one in zip(chunk.numbers, lines, strict=True)]
    return found


@PROPERTY
@given(
    lines=LINES, last=st.sampled_from([b"", b"tail"]), size=st.integers(1, 30), compression=st.sampled_from(list(PACK))
)
def test_every_line_comes_once_in_order_with_its_number(
    tmp_path_factory: pytest.TempPathFactory, lines: list[tuple[bytes, bytes]], last: bytes, size: int, compression: str
) -> None:
    content = b"".join(one + end for one, end in lines) + last
    expected = [one for one, _ in lines] + [last] * bool(last)

    chunks = read(
        tmp_path_factory.mktemp("landing"), PACK[compression](content), name=f"a.json{compression}", block_bytes=size
    )

    if not content.startswith(codecs.BOM_UTF8):
        assert lines_of(chunks) == [(n, one, None) for n, one in enumerate(expected, start=1)]


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b"", []),
        (b"\n", [b""]),
        (b"a", [b"a"]),
        (b"a\n", [b"a"]),
        (b"a\n\n", [b"a", b""]),
        (b"\na", [b"", b"a"]),
        (b"a\rb\n", [b"a\rb"]),
    ],
)
def test_a_last_line_end_is_optional_and_starts_no_line(tmp_path: Path, content: bytes, lines: list[bytes]) -> None:
    assert [one for _, one, _ in lines_of(read(tmp_path, content))] == lines


@pytest.mark.parametrize("size", [1, 2, 3, 4, 100])
def test_a_byte_order_mark_is_taken_off_the_start_only(tmp_path: Path, size: int) -> None:
    mark = codecs.BOM_UTF8

    lines = [one for _, one, _ in lines_of(read(tmp_path, mark + b"a\n" + mark + b"b\n" + mark, block_bytes=size))]

    assert lines == [b"a", mark + b"b", mark]


@pytest.mark.parametrize("size", [1 << 16, 1 << 20])
@pytest.mark.parametrize("end", [b"\n", b""])
def test_a_line_beyond_the_limit_is_refused_and_its_start_kept(tmp_path: Path, size: int, end: bytes) -> None:
    content = b"first\n" + b"x" * (MAX_LINE_BYTES + 1) + end + b"last\n" * bool(end)

    lines = lines_of(read(tmp_path, content, block_bytes=size))

    assert lines[:2] == [(1, b"first", None), (2, b"x" * KEPT_BYTES, "too_long")]
    assert lines[2:] == [(3, b"last", None)] * bool(end)


def test_a_line_as_long_as_the_limit_is_whole(tmp_path: Path) -> None:
    lines = lines_of(read(tmp_path, b"x" * MAX_LINE_BYTES + b"\nlast"))

    assert [(len(one), reason) for _, one, reason in lines] == [(MAX_LINE_BYTES, None), (4, None)]


@pytest.mark.parametrize(("compression", "cut"), [(".gz", 12), (".zst", 6)])
def test_the_damage_of_an_archive_is_one_line_after_the_whole_ones(tmp_path: Path, compression: str, cut: int) -> None:
    packed = PACK[compression](b"first\nsecond\nthi") + PACK[compression](b"rd\n")[:-cut]

    *whole, damaged = lines_of(read(tmp_path, packed, name=f"a.json{compression}"))

    assert whole == [(1, b"first", None), (2, b"second", None)]
    assert damaged[0] == 3
    assert damaged[1].startswith(b"thi")
    assert damaged[2] == "unreadable_archive: truncated"


def test_progress_is_told_in_stored_bytes(tmp_path: Path) -> None:
    chunks = read(tmp_path, b"line\n" * 100, block_bytes=50)

    assert [chunk.consumed for chunk in chunks] == list(range(50, 501, 50))


def test_a_block_of_mere_line_ends_comes_in_many_chunks_with_every_line_numbered(tmp_path: Path) -> None:
    chunks = read(tmp_path, b"\n" * (3 * MAX_LINES + 5))

    assert max(chunk.lines for chunk in chunks) == MAX_LINES
    assert [number for chunk in chunks for number in chunk.numbers] == list(range(1, 3 * MAX_LINES + 6))


def test_a_remote_file_is_cut_as_a_local_one() -> None:
    fsspec.filesystem("memory").pipe("/chunks-test/a.json.gz", PACK[".gz"](b"first\nsecond\n"))
    (file,) = list_landing("memory://chunks-test")

    assert lines_of(list(read_chunks(file))) == [(1, b"first", None), (2, b"second", None)]
