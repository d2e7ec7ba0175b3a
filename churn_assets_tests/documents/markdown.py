"""Pages of the documentation as data: fenced blocks with the note above each, headings, links."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```(\w*)\s*$")
COMMENT = re.compile(r"^<!--\s*(.*?)\s*-->$", re.DOTALL)
HEADING = re.compile(r"^#{1,6} (.+?)\s*$")
LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^()\s]+)\)")
CODE = re.compile(r"`[^`]*`")


@dataclass(frozen=True)
class Block:
    """A fenced block: where it begins (line from 1), its language, its text, and the comment right above it."""

    line: int
    language: str
    text: str
    note: str | None


@dataclass(frozen=True)
class Page:
    """One Markdown file of the repository."""

    path: Path

    @property
    def name(self) -> str:
        """Its path in the repository, or its file's name if it is not of the repository."""
        return self.path.relative_to(ROOT).as_posix() if self.path.is_relative_to(ROOT) else self.path.name

    @cached_property
    def lines(self) -> list[str]:
        """Its lines."""
        return self.path.read_text().splitlines()

    @cached_property
    def blocks(self) -> list[Block]:
        """Its fenced blocks, in order."""
        return list(_blocks(self.lines))

    @cached_property
    def prose(self) -> list[tuple[int, str]]:
        """Its lines outside of fenced blocks, with their numbers."""
        fenced: set[int] = set()
        for block in self.blocks:
            fenced |= set(range(block.line, block.line + block.text.count("\n") + 2))
        return [(number, line) for number, line in enumerate(self.lines, 1) if number not in fenced]

    @property
    def anchors(self) -> set[str]:
        """What links may point to, as GitHub names it."""
        found: list[str] = []
        for _, line in self.prose:
            heading = HEADING.match(line)
            if heading:
                found.append(anchor(heading[1]))
        return {
            name if found[:n].count(name) == 0 else f"{name}-{found[:n].count(name)}" for n, name in enumerate(found)
        }

    @property
    def links(self) -> list[tuple[int, str]]:
        """Targets of its links, with their lines; a link may be broken over two."""
        text = "\n".join(CODE.sub("``", line) for _, line in self.prose)
        numbers = [number for number, _ in self.prose]
        return [(numbers[text.count("\n", 0, found.start())], found[1]) for found in LINK.finditer(text)]


def anchor(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"[^\w\- ]", "", plain).strip().lower().replace(" ", "-")


def _blocks(lines: list[str]) -> Iterator[Block]:
    start, language, text = 0, "", []
    for number, line in enumerate(lines, 1):
        fence = FENCE.match(line)
        if start and line.rstrip() == "```":
            yield Block(start, language, "".join(text), _note(lines[: start - 1]))
            start, text = 0, []
        elif start:
            text.append(line + "\n")
        elif fence:
            start, language = number, fence[1]


def _note(above: list[str]) -> str | None:
    """The comment that ends right above a block."""
    if not above or not above[-1].endswith("-->"):
        return None
    first = max(number for number, line in enumerate(above) if line.startswith("<!--"))
    comment = COMMENT.match("\n".join(above[first:]))
    return " ".join(comment[1].split()) if comment else None


def pages() -> list[Page]:
    """Every page that people read: README, CONTRIBUTING, CHANGELOG and the tree below `docs`."""
    top = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
    return [Page(path) for path in [*top, *sorted((ROOT / "docs").rglob("*.md"))]]
