import pytest

from churn_assets.simulate.pages import PAGES, Page
from churn_assets_tests.simulate.conftest import Log

NAMES = {
    "NextSong", "Thumbs Up", "Thumbs Down", "Add to Playlist", "Add Friend", "Roll Advert", "Home", "Help", "Error",
    "About", "Settings", "Save Settings", "Login", "Logout", "Register", "Submit Registration", "Upgrade",
    "Submit Upgrade", "Downgrade", "Submit Downgrade", "Cancel", "Cancellation Confirmation",
}  # fmt: skip


def test_every_page_of_a_music_log_exists() -> None:
    assert {page.value[0] for page in Page} == NAMES


@pytest.mark.parametrize("page", Page)
def test_a_code_leads_back_to_its_page(page: Page) -> None:
    assert PAGES[page.code] is page


def test_only_rows_of_nobody_are_visitors() -> None:
    auths = {page.value[1] for page in Page if page.is_visitor}

    assert auths == {"Logged Out", "Guest"}


@pytest.mark.parametrize("page", Page)
def test_statuses_are_those_of_real_logs(page: Page) -> None:
    name, _, method, status = page.value

    assert status == (404 if name == "Error" else status)
    assert status in {200, 307, 404}
    assert method in {"GET", "PUT"}


def test_a_log_of_a_few_weeks_shows_nearly_every_page(small_log: Log) -> None:
    shown = {row["page"] for row in small_log.rows}

    assert NAMES - shown <= {"Cancel", "Cancellation Confirmation", "Submit Downgrade"}
