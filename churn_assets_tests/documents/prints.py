"""Whether a page shows what its commands print."""

import re

ANYTHING = "…"


def missing_line(shown: str, printed: str) -> str | None:
    """The first line of `shown` that `printed` does not have in its place; None if all are there.

    A line of only `…` stands for any lines, `…` within a line for anything; space at the ends does not count. Lines
    that follow each other in `shown` do so in `printed`; where `shown` begins and ends is left open.
    """
    lines, at, is_free = [line.strip() for line in printed.splitlines()], 0, True
    lines = [line for line in lines if line]
    for wanted in (line.strip() for line in shown.splitlines()):
        if wanted in ("", ANYTHING):
            is_free = is_free or wanted == ANYTHING
            continue
        pattern = re.compile(re.escape(wanted).replace(ANYTHING, ".*"))
        places = range(at, len(lines) if is_free else min(at + 1, len(lines)))
        found = next((place for place in places if pattern.fullmatch(lines[place])), None)
        if found is None:
            return wanted
        at, is_free = found + 1, False
    return None
