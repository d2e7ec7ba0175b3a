"""Small pieces of HTML for notebooks: they need nothing from elsewhere, escape every text, and name what they show."""

import base64
from collections.abc import Iterable, Sequence
from html import escape
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DOTS_PER_INCH = 100
UNKNOWN = "-"
SHORT = 12
"""Characters that are kept in one line."""
STYLE = """
<style>
.churn-assets{font:13px/1.45 system-ui,sans-serif;max-width:72rem}
.churn-assets table{border-collapse:collapse;font:inherit;margin:.5rem 0 1rem}
.churn-assets td:not(.short){min-width:14rem}
.churn-assets caption{text-align:left;font-weight:600;padding:.25rem 0}
.churn-assets th,.churn-assets td{padding:.15rem .45rem;text-align:left;vertical-align:top}
.churn-assets tr{border-bottom:1px solid #8886}
.churn-assets td.number{text-align:right;font-variant-numeric:tabular-nums}
.churn-assets .short{white-space:nowrap}
.churn-assets .bad{font-weight:600;color:#b3261e}
.churn-assets .good{font-weight:600;color:#1b6e3c}
.churn-assets .quiet{opacity:.75}
.churn-assets img{max-width:100%}
@media (prefers-color-scheme:dark){.churn-assets .bad{color:#f2837b}.churn-assets .good{color:#7bd3a0}}
</style>
"""


def page(title: str, *parts: str) -> str:
    """A region called `title` with these parts, which are HTML already."""
    return f'{STYLE}<section class="churn-assets" aria-label="{escape(title)}">{"".join(parts)}</section>'


def heading(text: str) -> str:
    """A heading of the region."""
    return f"<h3>{escape(text)}</h3>"


def paragraph(text: str, kind: str = "") -> str:
    """A paragraph of plain text; `kind` is `good`, `bad` or `quiet`."""
    return f'<p class="{kind}">{escape(text)}</p>' if kind else f"<p>{escape(text)}</p>"


def table(caption: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table with headers of columns and rows, and a caption if it has one; numbers stand to the right."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in header)
    body = "".join(f"<tr>{_first(row[0])}{''.join(_cell(value) for value in row[1:])}</tr>" for row in rows)
    named = f"<caption>{escape(caption)}</caption>" if caption else ""
    return f"<table>{named}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def image(png: bytes, described: str) -> str:
    """A picture that travels inside the page, with words for who cannot see it."""
    return f'<img alt="{escape(described)}" src="data:image/png;base64,{base64.b64encode(png).decode()}">'


def figure_text(value: object, digits: int = 3) -> str:
    """A number as a reader wants it; a dash for what is not known."""
    if value is None or value != value:  # noqa: PLR0124 NaN
        return UNKNOWN
    match value:
        case bool() | str():
            return str(value)
        case int():
            return f"{value:,}"
        case float():
            return f"{value:,.{digits}f}"
        case _:
            return str(value)


def _first(value: object) -> str:
    return f'<th scope="row" class="short">{escape(figure_text(value))}</th>'


def _cell(value: object) -> str:
    text = figure_text(value)
    is_number = value is None or (isinstance(value, int | float) and not isinstance(value, bool))
    kinds = [name for name, is_kind in (("number", is_number), ("short", len(text) <= SHORT)) if is_kind]
    return f'<td class="{" ".join(kinds)}">{escape(text)}</td>'


def png_of(figure: "Figure") -> bytes:
    """A figure as PNG."""
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=DOTS_PER_INCH)
    return buffer.getvalue()
