"""The kit itself: pages that do what they say pass, and no others do."""

import time
from pathlib import Path

import pytest

from churn_assets_tests.documents.markdown import Page
from churn_assets_tests.documents.prints import missing_line
from churn_assets_tests.documents.session import BlockError, Session


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """A folder without a repository: enough for what the shell itself can do."""
    folder = tmp_path / "reader"
    folder.mkdir()
    return Session(folder, {"COLOUR": "blue"})


def page(folder: Path, *blocks: str) -> Page:
    """A page of these blocks of commands."""
    path = folder / "page.md"
    path.write_text("\n".join(f"```sh\n{block}\n```" for block in blocks))
    return Page(path)


def test_blocks_share_one_shell_and_tell_apart_what_they_print(session: Session, tmp_path: Path) -> None:
    printed = session.run(page(tmp_path, "export TASTE=sweet", "cd / && echo $TASTE $COLOUR", "pwd; echo oops >&2"))

    assert {line: text.split() for line, text in printed.items()} == {1: [], 4: ["sweet", "blue"], 7: ["/", "oops"]}


@pytest.mark.parametrize("wrong", ["false", "no-such-command", "false | cat", "echo $NOT_SET", "python -c 'raise 1'"])
def test_the_first_block_that_fails_is_named_with_what_it_said(wrong: str, session: Session, tmp_path: Path) -> None:
    with pytest.raises(BlockError, match=r"page\.md:4 ended with"):
        session.run(page(tmp_path, "echo fine", f"echo before; {wrong}", "echo never"))


def test_what_must_fail_and_does_not_is_a_failure(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text("<!-- fails -->\n```sh\nfalse\n```\n<!-- fails -->\n```sh\ntrue\n```\n")

    with pytest.raises(BlockError, match=r"page\.md:6 .*\n.*It should have failed"):
        session.run(Page(path))


def is_gone(pid: int, *, looks: int = 100) -> bool:
    """Whether a process has ended; it may take a moment until somebody takes notice of its end."""
    stat = Path("/proc", str(pid), "stat")
    for _ in range(looks):
        try:
            if stat.read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.1)
    return False


def test_a_server_is_asked_while_the_page_goes_on_and_is_gone_when_it_ends(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    url = "http://127.0.0.1:8000/"
    serve = f"<!-- serves {url} -->\n```sh\necho $$ > pid; python -m http.server --bind 127.0.0.1 8000\n```\n"
    path.write_text(f"{serve}```sh\ncurl -s -o /dev/null -w '%{{http_code}}' {url}\n```\n")

    printed = session.run(Page(path))

    assert printed[5].strip() == "200"
    assert is_gone(int((session.folder / "pid").read_text()))


def test_a_server_that_ends_by_itself_is_a_failure_that_shows_its_words(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text("<!-- serves http://127.0.0.1:8000/ -->\n```sh\necho no port today; exit 3\n```\n")

    with pytest.raises(BlockError, match=r"(?s)no port today.*does not answer"):
        session.run(Page(path))


@pytest.mark.parametrize(
    ("shown", "missing"),
    [
        ("a 1\nb 2", None),
        ("b 2\n…\nd", None),
        ("  a …  \n\n", None),
        ("…\nc …\n…", None),
        ("a 1\nc 3", "c 3"),
        ("b 2\na 1", "a 1"),
        ("a", "a"),
        ("…\ne", "e"),
    ],
)
def test_shown_lines_are_those_that_are_printed(shown: str, missing: str | None) -> None:
    assert missing_line(shown, "\na 1\n  b 2\nc 3\n\nd\n") == missing
