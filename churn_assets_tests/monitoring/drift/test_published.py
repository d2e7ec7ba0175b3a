"""What becomes of a run's reports: every day is published, whatever pages lie in the folder."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest

from churn_assets.monitoring.drift.assets import _published
from churn_assets.monitoring.drift.daily import SpanReport
from churn_assets.monitoring.drift.publication import Publisher
from churn_assets.monitoring.files import KEPT_PAGES, ReportFiles
from churn_assets.registry.tracking import Tracking
from churn_assets.resources.metadata import Metadata
from churn_assets_tests.monitoring.drift.test_daily import EVE, reports

ALARM = EVE + timedelta(days=6)
"""The newest of the days that see the first week."""


@pytest.fixture
def files(tmp_path: Path) -> ReportFiles:
    """A folder full of pages of days that are newer than the first week."""
    made = ReportFiles(tmp_path / "drift")
    for n in range(KEPT_PAGES):
        made.page(EVE + timedelta(days=10 + n), "an older making")
    return made


def publish(files: ReportFiles, tracking: Tracking, made: Sequence[SpanReport]) -> dict[date, Metadata]:
    told = dict(_published(made, Publisher(files, tracking, "run")))
    return {date.fromisoformat(day): said for day, said in told.items()}


def test_a_range_made_again_lands_though_its_only_alarm_lies_before_the_kept_pages(
    files: ReportFiles, tracking: Tracking
) -> None:
    said = publish(files, tracking, reports(3.0, 0.0, 0.0))

    assert list(said) == [EVE + timedelta(days=n) for n in range(21)]
    assert f"{ALARM}.html" in {page.name for page in files.pages()}
    assert len(files.pages()) == KEPT_PAGES + 1
    charts = [str(one["worst_movers"].value) for one in said.values()]
    assert all(chart.startswith("![plot](data:image/png;base64,") and len(chart) < 30_100 for chart in charts)
    assert len(set(charts[:7])) == 1
    assert len(set(charts)) == 3
    pages = [Path(one["evidently"].value) for one in said.values() if "evidently" in one]
    assert len(pages) == 14
    assert all(page.exists() for page in pages)


def test_an_older_day_made_last_lands_with_its_page(files: ReportFiles, tracking: Tracking) -> None:
    said = publish(files, tracking, reports(0.0, days=1))

    page = said[EVE]["evidently"].value
    assert page == str((files.folder / f"{EVE}.html").resolve())
    assert "freq_7d" in Path(str(page)).read_text()


def test_a_day_that_looks_at_the_same_window_gets_the_same_page_without_rendering_it_again(
    files: ReportFiles, tracking: Tracking
) -> None:
    first = publish(files, tracking, reports(0.0, days=1))[EVE]["evidently"]
    written = Path(str(first.value))
    changed = written.read_text().replace("freq_7d", "seen before")
    written.write_text(changed)

    both = publish(files, tracking, reports(0.0, days=2))

    newest = Path(str(both[EVE + timedelta(days=1)]["evidently"].value))
    assert newest.name == f"{EVE + timedelta(days=1)}.html"
    assert newest.read_text() == changed


def test_a_day_that_looks_at_another_window_gets_a_page_of_its_own(files: ReportFiles, tracking: Tracking) -> None:
    calm, moved = (reports(shift, days=1) for shift in (0.0, 3.0))

    publish(files, tracking, calm)
    seen = publish(files, tracking, moved)[EVE]["evidently"]

    assert calm[0].page.mark != moved[0].page.mark
    assert Path(str(seen.value)).read_text().endswith(moved[0].page.mark)
