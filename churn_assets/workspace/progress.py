"""Progress of a run where the caller looks: bars in a terminal, or one output that updates itself in a notebook."""

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from typing import Any

from churn_assets.resources.progress import Listener

EVERY_SECONDS = 0.2
"""A notebook is told no more often than this."""
STYLE = "font:13px/1.6 system-ui,sans-serif"


@dataclass
class NotebookBars:
    """Counts what is done and shows it as HTML through `show`, which replaces what it showed before."""

    totals: Mapping[str, int]
    show: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic
    done: dict[str, int] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    shown_at: float = float("-inf")

    def on_lines(self, file: str, lines: int, share: float) -> None:  # noqa: ARG002 — what a listener is told
        """Count the lines of landing files that were read."""
        self.lines[file] = lines
        self._refresh()

    def on_partition(self, asset: str, key: str, rows: int) -> None:  # noqa: ARG002 — what a listener is told
        """Count one more partition of an asset."""
        self.done[asset] = self.done.get(asset, 0) + 1
        self.rows[asset] = self.rows.get(asset, 0) + rows
        self._refresh()

    def finish(self) -> None:
        """Show the last state, however lately something was shown."""
        self.show(self.html())

    def html(self) -> str:
        """A bar for each asset of the run, and a line for the log that was read."""
        read = f"<div>read {sum(self.lines.values()):,} lines of {len(self.lines)} files</div>" if self.lines else ""
        return f'<div style="{STYLE}">{read}{"".join(self._bar(name) for name in {**self.totals, **self.done})}</div>'

    def _bar(self, name: str) -> str:
        done = self.done.get(name, 0)
        total = max(self.totals.get(name, 1), done)
        label = f"{done} of {total}, {self.rows.get(name, 0):,} rows"
        bar = f'<progress max="{total}" value="{done}" aria-label="{escape(name)}"></progress>'
        return f"<div>{bar} {escape(name)}: {label}</div>"

    def _refresh(self) -> None:
        if self.clock() - self.shown_at >= EVERY_SECONDS:
            self.shown_at = self.clock()
            self.show(self.html())


@contextmanager
def shown_progress(totals: Mapping[str, int]) -> Iterator[Listener]:
    """Show the progress of a run inside the block; `totals` are the partitions of each of its assets."""
    if _is_notebook():
        with _in_notebook(totals) as progress:
            yield progress
        return
    from churn_assets.resources.bars import Bars, bars

    shown = bars()
    with shown:
        yield Bars(shown, totals)


@contextmanager
def _in_notebook(totals: Mapping[str, int]) -> Iterator[NotebookBars]:
    from IPython import display

    # IPython has no types.
    shell: Any = display
    handle = shell.display(shell.HTML(""), display_id=True)
    progress = NotebookBars(totals, lambda text: handle.update(shell.HTML(text)))
    progress.finish()
    try:
        yield progress
    finally:
        progress.finish()


def _is_notebook() -> bool:
    """Whether a Jupyter kernel runs this; a terminal, IPython's too, has bars of its own."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return type(shell).__name__ == "ZMQInteractiveShell"
