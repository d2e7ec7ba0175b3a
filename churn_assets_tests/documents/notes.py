"""What a comment above a block says about how the block is tested.

| comment | the block |
|---|---|
| none | `sh` and `python` run; `json`, `yaml` and `ini` must parse; `text` is free |
| `<!-- not run: why -->` | is not run |
| `<!-- run in docs/tutorial.md -->` | is not run here; each of its commands is run by that page |
| `<!-- serves http://… -->` | goes on running until the page ends; the address must answer before the next block |
| `<!-- excerpt of path -->` | stands word for word in that file |
| `<!-- prints -->` | is what the block before it prints: line by line, `…` for anything, a line `…` for any lines |
| `<!-- fails -->` | runs, and must fail |
| `<!-- needs java -->` | runs where there is such a program |
"""

import re
from dataclasses import dataclass

from churn_assets_tests.documents.markdown import Block

RUNNABLE = ("sh", "python")
PARSED = ("json", "yaml", "ini")
FREE = ("text",)
LANGUAGES = (*RUNNABLE, *PARSED, *FREE)
NOTE = re.compile(r"^(not run:|run in|serves|excerpt of|prints|fails|needs)\s*(.*)$")


@dataclass(frozen=True)
class Run:
    """It runs, and must succeed (or fail); only where there is the program that it needs, if it says so."""

    fails: bool = False
    needs: str | None = None


@dataclass(frozen=True)
class Serve:
    """It goes on running, and answers at `url`."""

    url: str


@dataclass(frozen=True)
class Leave:
    """It does not run, and `why`."""

    why: str


@dataclass(frozen=True)
class Elsewhere:
    """Another page runs it."""

    page: str


@dataclass(frozen=True)
class Excerpt:
    """It stands in a file."""

    path: str


@dataclass(frozen=True)
class Output:
    """The block before prints it."""


@dataclass(frozen=True)
class Parse:
    """It only has to be well-formed."""


Treatment = Run | Serve | Leave | Elsewhere | Excerpt | Output | Parse


def treatment(block: Block) -> Treatment:
    """How a block is tested; ValueError if that is not said, or not in words that are known."""
    if block.language not in LANGUAGES:
        raise ValueError(f"line {block.line}: say which language the block is in, one of {', '.join(LANGUAGES)}")
    said = NOTE.match(block.note or "")
    if said is None:
        return Run() if block.language in RUNNABLE else Parse()
    made = _said(said[1], said[2])
    if isinstance(made, Output) and block.language != "text":
        raise ValueError(f"line {block.line}: what a block prints is a `text` block")
    return made


def _said(word: str, rest: str) -> Treatment:
    match word, rest:
        case "prints", "":
            return Output()
        case "fails", "":
            return Run(fails=True)
        case _, "":
            raise ValueError(f"`{word}` needs to say more")
        case "not run:", why:
            return Leave(why)
        case "needs", program:
            return Run(needs=program)
        case "run in", page:
            return Elsewhere(page)
        case "serves", url:
            return Serve(url)
        case "excerpt of", path:
            return Excerpt(path)
        case _:
            raise ValueError(f"`{word} {rest}` says nothing that is known")
