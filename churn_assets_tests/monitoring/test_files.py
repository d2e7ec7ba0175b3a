"""Reports as files."""

from datetime import date, timedelta
from io import StringIO
from pathlib import Path

import pandas as pd

from churn_assets.monitoring.files import KEPT_PAGES, ReportFiles

DAY = date(2026, 3, 1)
REPORT = pd.DataFrame({"feature": ["a", "b"], "statistic": [0.1 + 0.2, None]})


def test_a_csv_file_gives_back_the_very_numbers(tmp_path: Path) -> None:
    written = ReportFiles(tmp_path / "drift").csv(DAY, REPORT)

    assert written == tmp_path / "drift" / "2026-03-01.csv"
    pd.testing.assert_frame_equal(pd.read_csv(StringIO(written.read_text()), float_precision="round_trip"), REPORT)


def test_only_the_newest_pages_are_kept(tmp_path: Path) -> None:
    files = ReportFiles(tmp_path)
    for n in range(KEPT_PAGES + 3):
        files.page(DAY + timedelta(days=n), "<html></html>")

    files.prune(keep=())

    assert [page.stem for page in files.pages()] == [(DAY + timedelta(days=n)).isoformat() for n in range(3, 8)]


def test_a_report_that_is_made_again_takes_the_place_of_the_old_one_and_leaves_nothing_else(tmp_path: Path) -> None:
    files = ReportFiles(tmp_path)
    files.page(DAY, "old")

    files.page(DAY, "new")

    assert [file.name for file in tmp_path.iterdir()] == ["2026-03-01.html"]
    assert (tmp_path / "2026-03-01.html").read_text() == "new"


def test_a_page_just_written_stays_though_newer_days_fill_the_folder(tmp_path: Path) -> None:
    files = ReportFiles(tmp_path)
    for n in range(KEPT_PAGES):
        files.page(DAY + timedelta(days=n), "<html></html>")
    older = files.page(DAY - timedelta(days=9), "made again")

    files.prune(keep=[older])

    assert older.read_text() == "made again"
    assert len(files.pages()) == KEPT_PAGES + 1


def test_a_page_of_an_older_day_goes_with_the_next_run(tmp_path: Path) -> None:
    files = ReportFiles(tmp_path)
    older = files.page(DAY - timedelta(days=9), "made again")
    written = [files.page(DAY + timedelta(days=n), "<html></html>") for n in range(KEPT_PAGES)]

    files.prune(keep=written[-1:])

    assert not older.exists()
    assert files.pages() == written


def test_a_page_is_found_by_how_it_ends_and_the_newest_one_is_taken(tmp_path: Path) -> None:
    files = ReportFiles(tmp_path)
    for n, text in enumerate(("one <!-- a -->", "two <!-- a -->", "<!-- a --> not at the end", "")):
        files.page(DAY + timedelta(days=n), text)

    assert files.ending_with("<!-- a -->") == tmp_path / f"{DAY + timedelta(days=1)}.html"
    assert files.ending_with("<!-- b -->") is None
    assert ReportFiles(tmp_path / "none").ending_with("<!-- a -->") is None
