"""Lines of log files: which are a listener's, and how they are blanked."""

import gzip
import json
import stat
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from churn_assets.forgetting.journal import Journal
from churn_assets.forgetting.landing import LandingPlace, blank, lines_of
from churn_assets.forgetting.listener import Listener
from churn_assets.ingest.chunks import read_chunks
from churn_assets.ingest.landing import LandingFile, list_landing
from churn_assets_tests.forgetting.planted import USER
from churn_assets_tests.forgetting.planted import lines_of as planted_lines
from churn_assets_tests.ingest.lines import line as ordinary_line

DAY = date(2024, 1, 2)
COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    ".json": bytes,
    ".json.gz": gzip.compress,
    ".jsonl.zst": zstandard.ZstdCompressor().compress,
}


def landed(folder: Path, content: bytes, suffix: str = ".json") -> LandingFile:
    """A landing file with this content."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"a{suffix}").write_bytes(COMPRESS[suffix](content))
    return list_landing(str(folder))[0]


def content(file: LandingFile) -> list[bytes]:
    """The lines of a file, as ingest numbers them."""
    return [line for chunk in read_chunks(file) for line in chunk.data.split(b"\n")]


@pytest.mark.parametrize("text", list(planted_lines(DAY)))
def test_every_kind_of_line_of_the_listener_is_theirs(text: str) -> None:
    assert Listener(USER).owns(text.encode())


@pytest.mark.parametrize(
    ("user", "text"),
    [
        ("42", '{"ts":1514764800000,"userId":"142","sessionId":42,"itemInSession":42,"page":"42"}'),
        ("42", '{"ts":1514764800000,"userId":"7","sessionId":42,"itemInSession":1,"page":"Home","status":42}'),
        ("42", '{"ts":1514764800000,"userId":"7","sessionId":42,"length":42.42,'),
        ("42", "42"),
        (USER, '{"ts":1514764800000,"userId":"7","song":"' + USER + '","sessionId":1,"itemInSession":1,"page":"A"}'),
    ],
)
def test_a_line_of_somebody_else_is_not_theirs_whatever_stands_in_it(user: str, text: str) -> None:
    assert not Listener(user).owns(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        '{"ts":1514764800000,"userId":42,"sessionId":1,"itemInSession":1,"page":"Home"}',
        '{"ts":1514764800000,"userId": 42 ,"sessionId":1',
        '{"ts":"never","userId":"42"}',
        '["userId", "42"]',
        '{"userId":"42","userId":"42"',
    ],
)
def test_a_short_id_is_found_where_it_can_only_be_an_id(text: str) -> None:
    assert Listener("42").owns(text.encode())


@pytest.mark.parametrize("suffix", COMPRESS)
def test_blanked_lines_are_empty_and_every_other_keeps_its_number(suffix: str, tmp_path: Path) -> None:
    others = [f'{{"line":{number}}}'.encode() for number in range(9)]
    theirs = [text.encode() for text in planted_lines(DAY)]
    mixed = [line for pair in zip(theirs, others, strict=True) for line in pair]
    file = landed(tmp_path / "landing", b"\n".join(mixed), suffix)

    blank(file, frozenset(lines_of(file, Listener(USER))))

    (after,) = list_landing(str(tmp_path / "landing"))
    assert content(after) == [line for other in others for line in (b"", other)]


@given(
    lines=st.lists(st.tuples(st.sampled_from([b"", b"x", b'{"a":1}', b"\xff"]), st.booleans()), min_size=1, max_size=9),
    end=st.sampled_from([b"\n", b"\r\n"]),
    last=st.sampled_from([b"", b"\n", b"\r\n"]),
)
def test_whatever_is_blanked_the_other_lines_keep_bytes_and_numbers(
    lines: list[tuple[bytes, bool]], end: bytes, last: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    theirs = json.dumps({"userId": USER}).encode()
    text = end.join(theirs if is_theirs else line for line, is_theirs in lines) + last
    file = landed(tmp_path_factory.mktemp("landing"), text)
    before = content(file)

    found = frozenset(lines_of(file, Listener(USER)))
    blank(file, found)

    after = content(list_landing(str(Path(file.url).parent))[0])
    assert found == {number for number, (_, is_theirs) in enumerate(lines, 1) if is_theirs}
    assert after == [b"" if number in found else line for number, line in enumerate(before, 1)]


def test_a_file_without_the_listener_is_not_touched(tmp_path: Path) -> None:
    file = landed(tmp_path / "landing", ordinary_line() + b"\n")
    before = Path(file.url).stat()

    place = LandingPlace(str(tmp_path / "landing"), Listener(USER))
    journal = Journal(tmp_path)

    assert place.held() == 0
    place.remove(journal)
    assert Path(file.url).stat() == before
    assert journal.blanked == {}


def test_mode_and_links_stay_and_the_journal_knows_the_file_as_it_was(tmp_path: Path) -> None:
    file = landed(tmp_path / "elsewhere", "\n".join(planted_lines(DAY)).encode())
    Path(file.url).chmod(0o640)
    (tmp_path / "landing").mkdir()
    (tmp_path / "landing" / "linked.json").symlink_to(file.url)
    journal = Journal(tmp_path)
    (tmp_path / ".forgetting").mkdir()

    LandingPlace(str(tmp_path / "landing"), Listener(USER)).remove(journal)

    assert (tmp_path / "landing" / "linked.json").is_symlink()
    assert stat.S_IMODE(Path(file.url).stat().st_mode) == 0o640
    assert set(content(file)) == {b""}
    assert journal.blanked["linked.json"].size == file.size
    assert LandingPlace(str(tmp_path / "landing"), Listener(USER)).held() == 0


def test_a_damaged_archive_is_cleared_as_far_as_it_can_be_read(tmp_path: Path) -> None:
    text = "\n".join([*planted_lines(DAY), *('{"other":1}' for _ in range(5000))]).encode()
    file = landed(tmp_path / "landing", text, ".json.gz")
    Path(file.url).write_bytes(Path(file.url).read_bytes()[:-20])
    (file,) = list_landing(str(tmp_path / "landing"))

    found = frozenset(lines_of(file, Listener(USER)))
    blank(file, found)

    assert found == frozenset(range(1, 10))
    assert USER.encode() not in gzip.decompress(Path(file.url).read_bytes())


def test_remote_files_are_replaced_as_objects() -> None:
    import fsspec

    memory = fsspec.filesystem("memory")
    memory.pipe_file("/logs/a.json", "\n".join(planted_lines(DAY)).encode())
    (file,) = list_landing("memory://logs")

    blank(file, frozenset(lines_of(file, Listener(USER))))

    assert set(memory.cat_file("/logs/a.json").split(b"\n")) == {b""}
