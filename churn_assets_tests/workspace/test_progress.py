"""Progress in a notebook and in a terminal."""

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from churn_assets.resources.bars import Bars
from churn_assets.workspace.progress import EVERY_SECONDS, NotebookBars, shown_progress


class Clock:
    """A clock that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_every_asset_has_a_bar_with_its_count_and_rows() -> None:
    shown: list[str] = []
    bars = NotebookBars({"events": 3}, shown.append)

    bars.on_partition("events", "2026-01-05", 1_200)
    bars.on_partition("events", "2026-01-06", 34)

    assert '<progress max="3" value="2" aria-label="events"></progress> events: 2 of 3, 1,234 rows' in bars.html()


def test_lines_of_several_files_are_counted_together() -> None:
    bars = NotebookBars({"raw_logs": 1}, lambda _text: None)

    bars.on_lines("a.json", 1_000, 0.5)
    bars.on_lines("a.json", 2_000, 1.0)
    bars.on_lines("b.json", 500, 1.0)

    assert "read 2,500 lines of 2 files" in bars.html()


def test_an_asset_that_nobody_counted_on_is_shown_too() -> None:
    bars = NotebookBars({"raw_logs": 1}, lambda _text: None)

    bars.on_partition("<extra>", "", 1)
    bars.on_partition("<extra>", "", 1)

    assert 'max="2" value="2" aria-label="&lt;extra&gt;"></progress> &lt;extra&gt;: 2 of 2' in bars.html()


def test_a_notebook_is_not_flooded_and_sees_the_end() -> None:
    shown: list[str] = []
    clock = Clock()
    bars = NotebookBars({"events": 100}, shown.append, clock)

    for _ in range(50):
        bars.on_partition("events", "", 1)
    clock.now = EVERY_SECONDS
    bars.on_partition("events", "", 1)
    bars.on_partition("events", "", 1)
    bars.finish()

    assert [text.partition("events: ")[2].partition(" of")[0] for text in shown] == ["1", "51", "52"]


def test_a_terminal_has_bars(capsys: pytest.CaptureFixture[str]) -> None:
    with shown_progress({"events": 2}) as progress:
        progress.on_partition("events", "2026-01-05", 5)

    assert isinstance(progress, Bars)
    assert "events" in capsys.readouterr().out


def test_a_kernel_is_told_in_place_and_to_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """What IPython gives a kernel, without one: the tour of the notebooks runs in a real one."""
    shown: list[str] = []
    kernel = type("ZMQInteractiveShell", (), {})()
    display = SimpleNamespace(
        HTML=str,
        display=lambda text, display_id: shown.append(text) or SimpleNamespace(update=shown.append, id=display_id),
    )
    found: Any = SimpleNamespace(get_ipython=lambda: kernel, display=display)
    monkeypatch.setitem(sys.modules, "IPython", found)

    with shown_progress({"events": 2}) as progress:
        progress.on_partition("events", "2026-01-05", 5)
        progress.on_partition("events", "2026-01-06", 7)

    assert "2 of 2, 12 rows" in shown[-1]
