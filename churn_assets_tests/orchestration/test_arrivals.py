"""Which files a day needs, and which days have changed."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from churn_assets.errors import LandingError, MissingPartitionError
from churn_assets.ingest.arrivals import Arrivals, arrivals, remember
from churn_assets.ingest.clock import data_clock
from churn_assets.lake.lake import Lake
from churn_assets_tests.orchestration.tiny import FIRST_DAY, Site, day_lines, write_lines

SECOND_DAY = FIRST_DAY + timedelta(days=1)


def landed(folder: Path) -> Arrivals:
    """What is in the landing folder, beside what is remembered."""
    return arrivals(str(folder / "landing"), Lake(folder / "lake"), FIRST_DAY, date(2024, 1, 31))


def two_days(folder: Path) -> Arrivals:
    """One file a day, surveyed and remembered."""
    for n, day in enumerate((FIRST_DAY, SECOND_DAY), start=1):
        write_lines(folder / "landing" / f"{n}.json", day_lines(day))
    found = landed(folder).surveyed()
    remember(found, Lake(folder / "lake"))
    return found


def test_only_the_files_of_a_day_are_read_once_they_are_known(tmp_path: Path) -> None:
    two_days(tmp_path)

    found = landed(tmp_path)

    assert found.unread() == ()
    assert [file.name for file in found.needed([SECOND_DAY])] == ["2.json"]


def test_unknown_files_are_read_whatever_day_is_asked_for(tmp_path: Path) -> None:
    two_days(tmp_path)
    write_lines(tmp_path / "landing" / "3.json", day_lines(SECOND_DAY))

    found = landed(tmp_path)

    assert [file.name for file in found.unread()] == ["3.json"]
    assert [file.name for file in found.needed([FIRST_DAY])] == ["1.json", "3.json"]


def test_a_new_file_changes_the_version_of_its_own_day_only(tmp_path: Path) -> None:
    before = two_days(tmp_path).versions()
    write_lines(tmp_path / "landing" / "late.json", day_lines(SECOND_DAY)[:1])

    after = landed(tmp_path).surveyed().versions()

    assert {day for day in after if after[day] != before[day]} == {SECOND_DAY.isoformat()}


def test_a_vanished_file_is_refused_for_its_own_days_only(tmp_path: Path) -> None:
    two_days(tmp_path)
    (tmp_path / "landing" / "1.json").unlink()

    found = landed(tmp_path)

    assert [file.name for file in found.needed([SECOND_DAY])] == ["2.json"]
    with pytest.raises(LandingError, match=r"held lines of 2024-01-01 to 2024-01-01 have vanished: 1\.json"):
        found.needed([FIRST_DAY, SECOND_DAY])


def test_a_vanished_file_makes_no_day_stale(tmp_path: Path) -> None:
    before = two_days(tmp_path).versions()
    (tmp_path / "landing" / "1.json").unlink()

    assert landed(tmp_path).surveyed().versions() == before


def test_the_data_clock_is_the_midnight_after_the_last_day_with_events(made_site: Site) -> None:
    assert data_clock(made_site.lake) == date(2024, 1, 24)


def test_an_empty_lake_has_no_data_clock(tmp_path: Path) -> None:
    with pytest.raises(MissingPartitionError, match="nothing has landed yet"):
        data_clock(Lake(tmp_path))
