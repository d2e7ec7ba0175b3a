"""A trace as HTML, for notebooks: every value escaped, no scripts, nothing loaded from elsewhere."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

from churn_assets.lineage import words

if TYPE_CHECKING:
    import pandas as pd

    from churn_assets.lineage.trace import Trace

SHOWN_ROWS = 20
MANY = 1_000_000
CELL = ' style="text-align:left;vertical-align:top"'


def page(trace: "Trace") -> str:
    """The trace with its facts open and its rows folded away."""
    facts = [
        ("said", words.said(trace)),
        ("model", words.model(trace)),
        ("features", [words.features(trace)]),
        ("events", [words.events(trace)]),
        ("notes", trace.notes),
    ]
    rows = "".join(
        f"<tr><th{CELL}>{escape(label)}</th><td{CELL}>{'<br>'.join(map(escape, told))}</td></tr>"
        for label, told in ((label, list(told)) for label, told in facts)
        if told
    )
    return f"<div><h4>{escape(words.title(trace))}</h4><table>{rows}</table>{''.join(_folded(trace))}</div>"


def _folded(trace: "Trace") -> Iterable[str]:
    files = list(words.files(trace, most_files=MANY, most_spans=words.SHOWN_SPANS))
    listed = "".join(f"<li>{escape(line)}</li>" for line in files[1:])
    yield _details(f"log lines: {files[0]}", f"<ul>{listed}</ul>")
    yield _details("features", _table(trace.features.rename_axis("feature").reset_index(), len(trace.features)))
    for name, rows in trace.aggregates.items():
        yield _details(f"{name}: {len(rows):,} rows", _table(rows, SHOWN_ROWS))
    if len(trace.materialisations):
        yield _details("materialisations", _table(trace.materialisations, len(trace.materialisations)))


def _details(summary: str, content: str) -> str:
    return f"<details><summary>{escape(summary)}</summary>{content}</details>"


def _table(frame: "pd.DataFrame", most: int) -> str:
    """The last rows of a frame."""
    more = f"<p>… the last {most} of {len(frame):,} rows</p>" if len(frame) > most else ""
    head = _row("th", map(str, frame.columns))
    return f"{more}<table>{head}{''.join(_row('td', map(_cell, row)) for row in _rows(frame.tail(most)))}</table>"


def _rows(frame: "pd.DataFrame") -> Iterable[Sequence[object]]:
    return frame.itertuples(index=False)


def _row(tag: str, cells: Iterable[str]) -> str:
    return f"<tr>{''.join(f'<{tag}{CELL}>{escape(cell)}</{tag}>' for cell in cells)}</tr>"


def _cell(value: object) -> str:
    if value is None or value != value:  # noqa: PLR0124 - NaN is not itself
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)
