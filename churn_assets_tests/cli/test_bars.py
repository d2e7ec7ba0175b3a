import io
from collections.abc import Iterator

import pytest
from rich.console import Console as Terminal
from rich.progress import Progress

from churn_assets.cli.bars import counting_bar
from churn_assets.resources.bars import Bars, bars, rate


@pytest.fixture
def shown() -> Iterator[Progress]:
    """Bars that nobody looks at."""
    progress = bars()
    progress.live.console = Terminal(file=io.StringIO())
    yield progress
    progress.stop()


def test_a_rate_tells_how_many_and_how_fast() -> None:
    assert rate(12_500, 2.0) == "12,500 events, 6,250/s"
    assert rate(3, 1.0, "rows") == "3 rows, 3/s"


def test_a_rate_of_no_time_at_all_is_a_number() -> None:
    assert rate(1, 0.0) == "1 events, 1,000/s"


def test_every_asset_has_a_bar_that_counts_its_partitions_and_rows(shown: Progress) -> None:
    told = Bars(shown, {"events": 3, "training_set": 1})

    told.on_partition("events", "2026-01-05", 10)
    told.on_partition("events", "2026-01-06", 5)
    told.on_partition("training_set", "", 7)

    events, table = shown.tasks
    assert (events.description, events.completed, events.total) == ("events", 2, 3)
    assert events.fields["rate"].startswith("15 rows, ")
    assert (table.fields["unit"], table.completed, table.total) == ("table", 1, 1)


def test_landing_files_are_counted_once_they_are_read_to_the_end(shown: Progress) -> None:
    told = Bars(shown, {})

    told.on_lines("a.json", 100, 0.5)
    half = shown.tasks[0].completed
    told.on_lines("a.json", 200, 1.0)
    told.on_lines("b.json", 50, 1.0)

    reading = shown.tasks[0]
    assert (half, reading.completed) == (0, 2)
    assert reading.fields["rate"].startswith("250 lines, ")


def test_a_counting_bar_is_told_days_and_events(capsys: pytest.CaptureFixture[str]) -> None:
    with counting_bar("Simulating", total=2, unit="days") as advance:
        advance(1, 40)
        advance(2, 90)

    said = capsys.readouterr().out
    assert "Simulating" in said
    assert "2/2" in said
    assert "90 events" in said
