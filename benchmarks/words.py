"""Figures and tables as Markdown."""

import math
import textwrap
from collections.abc import Iterable, Sequence

from benchmarks.findings import Target
from benchmarks.fits import Range
from benchmarks.measuring import Cost

MEBIBYTE = 1 << 20
UNITS = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))
DIGITS = 3
WIDTH = 120


def brief(number: float) -> str:
    """A count in few characters: 5.8 M, 100 B."""
    for size, unit in UNITS:
        if number >= size:
            return f"{plain(number / size, 2).removesuffix('.0')} {unit}"
    return f"{number:g}"


def plain(number: float, digits: int = DIGITS) -> str:
    """So many significant digits, without exponent: 0.0123, 12.3, 12,300."""
    if number == 0 or not math.isfinite(number):
        return f"{number:g}"
    places = digits - 1 - math.floor(math.log10(abs(number)))
    rounded = round(number, places)
    return f"{rounded:,.{max(0, places)}f}"


def between(found: Range, digits: int = 2) -> str:
    """From the least to the most; one figure where both read the same."""
    low, high = plain(found.low, digits), plain(found.high, digits)
    return low if low == high else f"{low} to {high}"


def wall(cost: Cost) -> str:
    """Wall seconds, marked with ~ where others computed meanwhile."""
    return f"{'' if cost.is_undisturbed else '~'}{plain(cost.wall_seconds)}"


def peak(cost: Cost) -> str:
    """Peak memory in MB; a server's is not measured."""
    return f"{cost.peak_bytes / MEBIBYTE:,.0f}" if cost.peak_bytes else ""


def spread(cost: Cost) -> str:
    """How far repeats lay apart, where there were some."""
    return "" if cost.spread is None else f"+{cost.spread:.0%} of {cost.repeats}"


def limit(target: Target) -> str:
    """What the figure is held against."""
    return f"{'at most' if target.is_ceiling else 'at least'} {target.limit:,g}"


def wrapped(text: str) -> str:
    """A paragraph in lines of the length that the documents have."""
    return textwrap.fill(" ".join(text.split()), WIDTH, break_long_words=False, break_on_hyphens=False)


def items(text: str) -> str:
    """A list, each item in lines of that length; in `text` an item begins with a hyphen at the start of a line."""
    found = (" ".join(item.split()) for item in f"\n{text.strip()}".split("\n- ")[1:])
    return "\n".join(
        textwrap.fill(f"- {item}", WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
        for item in found
    )


def table(names: Sequence[str], rows: Iterable[Sequence[str]], *, texts: int = 1) -> str:
    """A Markdown table, whose first `texts` columns are texts and the others figures."""
    rule = ["---"] * texts + ["---:"] * (len(names) - texts)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in ([*names], rule, *rows))
