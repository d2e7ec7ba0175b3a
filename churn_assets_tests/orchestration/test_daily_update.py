"""A day lands on a graph where everything is made: what follows is made, nothing else, and as if made from nothing."""

import shutil
from collections.abc import Collection
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from churn_assets.cli.run import bring_up_to_date
from churn_assets.resources.history import Histories, History
from churn_assets_tests.orchestration.growing import Growing, grown
from churn_assets_tests.orchestration.tiny import DAILY, line, write_lines

EVE, PLAIN, WEEKLY = date(2024, 1, 19), date(2024, 1, 20), date(2024, 1, 21)
"""Landed before; a Saturday; a Sunday, whose midnight is a cut-off and makes labels of an earlier one mature."""
LATE = date(2024, 1, 18)


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Growing:
    """Everything is made up to the eve; tests copy it."""
    site = grown(tmp_path_factory.mktemp("before") / "home", EVE)
    site.update()
    return site


@pytest.fixture
def site(before: Growing, tmp_path: Path) -> Growing:
    shutil.copytree(before.home, tmp_path / "home", copy_function=shutil.copy2)
    return Growing(tmp_path / "home", EVE)


def everything(keys: Collection[str], tables: Collection[str]) -> dict[str, list[str]]:
    return {table: sorted(keys) for table in tables}


def test_a_day_that_ends_no_week_makes_its_own_tables_once_and_nothing_else(site: Growing) -> None:
    assert site.land(PLAIN).update() == everything([str(PLAIN)], DAILY)


def test_a_day_that_ends_a_week_makes_the_cutoff_and_the_labels_that_matured_too(site: Growing) -> None:
    made = site.land(PLAIN).land(WEEKLY).update()
    cutoff, matured = str(WEEKLY + timedelta(days=1)), str(WEEKLY - timedelta(days=6))
    assert made == {
        **everything([str(PLAIN), str(WEEKLY)], DAILY),
        "user_features": [cutoff],
        "population": [cutoff],
        "churn_labels": [matured],
    }


def test_day_by_day_the_lake_becomes_what_one_run_over_all_days_makes(site: Growing, tmp_path: Path) -> None:
    site.land(PLAIN).update()
    later = site.land(WEEKLY)
    later.update()
    whole = grown(tmp_path / "whole", WEEKLY)
    whole.update()
    assert later.digests() == whole.digests()


def test_with_nothing_new_nothing_is_made(site: Growing) -> None:
    assert site.update() == {}


def test_a_late_row_makes_its_own_day_again_and_what_was_made_from_it(site: Growing, tmp_path: Path) -> None:
    later = site.land(PLAIN)
    write_lines(site.landing / "late.json", [line(LATE, 1, 99)])
    made = later.update()
    assert made["raw_logs"] == [str(LATE), str(PLAIN)]
    assert made["listener_days"] == [str(LATE), str(PLAIN)]
    whole = grown(tmp_path / "whole", PLAIN)
    write_lines(whole.landing / "late.json", [line(LATE, 1, 99)])
    whole.update()
    assert later.digests() == whole.digests()


def test_a_log_that_is_kept_knows_what_one_read_anew_knows(site: Growing) -> None:
    kept = Histories(site.instance)
    before = kept.of(["events", "user_features"])["events"].made
    site.land(PLAIN).update()
    known = kept.of(["events", "user_features", "sessions"])
    assert str(PLAIN) not in before
    for asset, history in known.items():
        anew = History(site.instance, asset)
        assert history.made == anew.made
        newest = max(made.event for made in anew.made.values())
        assert history.versions_at(newest) == anew.versions_at(newest)
        assert list(history.judgements()) == list(anew.judgements())


def test_a_log_that_has_not_grown_is_not_read_again(site: Growing) -> None:
    kept = Histories(site.instance)
    first = kept.of(["events"])["events"]
    assert first.made
    assert kept.of(["events"])["events"] is first


def test_a_log_that_grew_much_is_read_anew(site: Growing, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Histories(site.instance)
    assert kept.of(["events"])["events"].made
    site.land(PLAIN).update()
    monkeypatch.setattr("churn_assets.resources.history.MOST_LATER", 1)
    assert kept.of(["events"])["events"].made == History(site.instance, "events").made


def test_states_are_those_of_a_platform_that_looks_for_the_first_time(site: Growing) -> None:
    session = site.session()
    assert session.states()
    later = replace(session, settings=site.land(PLAIN).settings)
    bring_up_to_date(session)
    assert list(session.states()) == list(replace(session).states())
    assert later.settings.last_day == PLAIN
