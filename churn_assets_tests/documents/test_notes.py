"""Every block of every page says how it is tested, or needs to say nothing."""

from pathlib import Path

import msgspec
import pytest

from churn_assets_tests.documents.markdown import Block, Page, pages
from churn_assets_tests.documents.notes import Elsewhere, Excerpt, Leave, Output, Parse, Run, Serve, treatment

TEXT = """# A page

<!-- not run: it
takes a week -->
```sh
sleep 604800
```

Some words.
```text
free
```
<!-- a remark -->

```python
print(1)
```
"""


def page(folder: Path, text: str) -> Page:
    path = folder / "page.md"
    path.write_text(text)
    return Page(path)


def block(language: str, note: str | None) -> Block:
    return Block(1, language, "x\n", note)


def test_blocks_are_found_with_line_language_text_and_the_comment_right_above(tmp_path: Path) -> None:
    found = page(tmp_path, TEXT).blocks

    assert [(one.line, one.language, one.text) for one in found] == [
        (5, "sh", "sleep 604800\n"),
        (10, "text", "free\n"),
        (15, "python", "print(1)\n"),
    ]
    assert [one.note for one in found] == ["not run: it takes a week", None, None]


@pytest.mark.parametrize(
    ("language", "note", "how"),
    [
        ("sh", None, Run()),
        ("python", None, Run()),
        ("sh", "some remark", Run()),
        ("sh", "fails", Run(fails=True)),
        ("python", "needs java", Run(needs="java")),
        ("sh", "not run: it needs root", Leave("it needs root")),
        ("sh", "run in docs/tutorial.md", Elsewhere("docs/tutorial.md")),
        ("sh", "serves http://127.0.0.1:1/", Serve("http://127.0.0.1:1/")),
        ("python", "excerpt of a/b.py", Excerpt("a/b.py")),
        ("text", "prints", Output()),
        ("text", None, Parse()),
        ("json", None, Parse()),
    ],
)
def test_a_note_says_how_a_block_is_tested(language: str, note: str | None, how: object) -> None:
    assert treatment(block(language, note)) == how


@pytest.mark.parametrize(
    ("language", "note", "why"),
    [
        ("", None, "which language"),
        ("bash", None, "which language"),
        ("sh", "prints", "`text` block"),
        ("sh", "not run:", "needs to say more"),
        ("sh", "serves", "needs to say more"),
        ("sh", "fails sometimes", "says nothing that is known"),
    ],
)
def test_a_block_of_which_nothing_is_known_is_refused(language: str, note: str | None, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        treatment(block(language, note))


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_every_block_of_a_page_is_run_or_says_why_not(page: Page) -> None:
    assert [how for how in map(treatment, page.blocks) if isinstance(how, Leave) and len(how.why) < 10] == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_data_on_a_page_is_well_formed(page: Page) -> None:
    readers = {"json": msgspec.json.decode, "yaml": msgspec.yaml.decode, "ini": assignments}

    for one in page.blocks:
        if one.language in readers:
            assert readers[one.language](one.text), f"{page.name}:{one.line}"


def assignments(text: str) -> list[str]:
    """The lines of settings or of a unit of systemd; ValueError for one that assigns nothing."""
    lines = [line for line in text.splitlines() if line and not line.startswith(("#", "["))]
    if wrong := [line for line in lines if "=" not in line]:
        raise ValueError(f"no assignment: {wrong}")
    return lines
