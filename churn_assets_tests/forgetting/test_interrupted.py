"""A forgetting that is killed anywhere can be run again, and ends as if it had never been killed."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import numpy as np
import pytest

from churn_assets.errors import ForgettingError
from churn_assets.forgetting.forgetting import alone
from churn_assets.forgetting.journal import Blanked, Journal, why_nothing_may_run
from churn_assets.ingest.landing import list_landing
from churn_assets.resources.flow import _why_it_waits
from churn_assets.resources.planning import Work
from churn_assets.resources.progress import SILENCE
from churn_assets.resources.session import Session
from churn_assets_tests.cli.console import Console, told_plainly
from churn_assets_tests.forgetting import killed
from churn_assets_tests.forgetting.conftest import Forgotten
from churn_assets_tests.forgetting.planted import USER, WORDS
from churn_assets_tests.forgetting.search import found
from churn_assets_tests.forgetting.site import forgetting
from churn_assets_tests.forgetting.test_everywhere import lines, registry
from churn_assets_tests.orchestration.tiny import FIRST_DAY, LAST_DAY, LOOKBACK_DAYS, Site
from churn_assets_tests.serving.api.champions import rows

AT = datetime(2026, 1, 1, tzinfo=UTC)


def test_killed_again_and_again_it_ends_as_if_it_never_had_been(site: Site, forgotten: Forgotten) -> None:
    program = [sys.executable, killed.__file__, str(site.home), "17"]
    ended = subprocess.run(program, capture_output=True, text=True, check=False)

    assert ended.returncode == 0, ended.stderr[-3000:]
    assert ended.stdout.count("killed") > 10
    assert found([site.home], WORDS) == set()
    assert site.digests() == forgotten.site.digests()
    assert site.stale() == {}
    for one, other in zip(*(list_landing(str(it.landing)) for it in (site, forgotten.site)), strict=True):
        assert lines(one) == lines(other)
    models = registry(site)
    assert np.array_equal(
        models.load(models.champion()).model.predict(rows(9)),
        registry(forgotten.site).load(registry(forgotten.site).champion()).model.predict(rows(9)),
    )


def test_the_journal_gives_back_what_it_was_told_each_unit_once(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.begin("somebody", AT)
    journal.begin("somebody", AT)
    for _ in range(2):
        journal.removing("events", "day=1", 3)
    journal.removing("events", "day=2", 4)
    journal.renaming({"a" * 64: "b" * 64})
    journal.renaming({})
    journal.renaming({"b" * 64: "c" * 64})
    journal.blanking(Blanked("a.json", 10, "v1"))
    journal.blanking(Blanked("a.json", 8, "v2"))
    for version in ("10", "9"):
        journal.seen_by(version)

    assert journal.user == "somebody"
    assert journal.removed == {"events": 7}
    assert journal.units("events") == {"day=1", "day=2"}
    assert journal.renamed == {"a" * 64: "c" * 64, "b" * 64: "c" * 64}
    assert journal.blanked == {"a.json": Blanked("a.json", 10, "v1")}
    assert journal.versions == ("9", "10")


def test_an_entry_that_a_crash_cut_off_was_never_acted_upon(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.begin("somebody", AT)
    with journal.path.open("ab") as file:
        file.write(b'{"kind": "removing", "place": "ev')

    assert journal.removed == {}
    assert journal.user == "somebody"


def test_when_it_has_ended_nothing_of_the_journal_is_left(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.begin("somebody", AT)

    journal.end()
    journal.end()

    assert journal.user is None
    assert found([tmp_path], ["somebody"]) == set()


def test_another_listener_has_to_wait_for_the_one_that_is_pending(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.begin("somebody", AT)

    with pytest.raises(ForgettingError, match="--resume") as told:
        journal.begin("another", AT)

    assert "somebody" not in str(told.value)


def test_only_one_process_forgets_at_a_time(tmp_path: Path) -> None:
    with alone(Journal(tmp_path)), pytest.raises(ForgettingError, match="by another process"), alone(Journal(tmp_path)):
        pass


def test_nothing_is_removed_while_a_run_is_in_flight(site: Site) -> None:
    site.instance.add_run(dg.DagsterRun("update_days", status=dg.DagsterRunStatus.STARTED))
    before = site.digests()

    with pytest.raises(ForgettingError, match=r"1 run is in flight \(update_days .*wait until it has ended"):
        forgetting(site).carry_out()

    assert site.digests() == before
    assert why_nothing_may_run(site.home) is None


def test_while_it_is_pending_nothing_of_ours_runs(site: Site) -> None:
    Journal(site.home).begin(USER, AT)
    session = Session(site.settings, site.defs, site.instance)

    for start in (
        lambda: session.run(Work(("raw_logs",), "2024-01-01", "2024-01-01", ""), SILENCE),
        session.export_served_events,
    ):
        with pytest.raises(ForgettingError, match="nothing may run meanwhile"):
            start()
    assert "nothing may run meanwhile" in str(_why_it_waits(site.instance, site.settings))
    assert USER not in str(why_nothing_may_run(site.home))


def test_an_empty_id_is_every_visitor_s_and_refused(site: Site) -> None:
    with pytest.raises(ForgettingError, match="every visitor's"):
        forgetting(site, " ").carry_out()


@pytest.fixture
def console(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Console:
    """A terminal with the settings of the service."""
    told = {"home": site.home, "first_day": FIRST_DAY, "last_day": LAST_DAY, "lookback_days": LOOKBACK_DAYS}
    (tmp_path / "cwd").mkdir()
    return Console(tmp_path / "cwd", monkeypatch, capsys, {**told, "at_risk_days": 7})


def test_the_command_prints_the_proof_and_who_had_seen_them(console: Console, site: Site) -> None:
    said = console.call("forget", USER, "--yes")

    assert said.code == 0
    assert "Model versions that were trained on them: 1." in said.out
    assert any("landing files" in line and line.split("│")[3].strip() == "0" for line in said.lines)
    assert USER not in said.out
    assert {file for file, _ in found([site.landing, site.lake.root, site.home / "mlflow"], WORDS)} == set()


def test_the_command_takes_up_what_was_interrupted_without_being_told_who(console: Console, site: Site) -> None:
    assert "No forgetting was interrupted" in told_plainly(console.call("forget", "--resume"))
    assert "Name the listener" in told_plainly(console.call("forget"))
    Journal(site.home).begin(USER, AT)

    said = console.call("forget", "--resume")

    assert said.code == 0
    assert found([site.landing], WORDS) == set()
    assert why_nothing_may_run(site.home) is None


def test_the_command_asks_first_and_changes_nothing_without_a_yes(
    console: Console, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    import io

    before = site.digests()
    monkeypatch.setattr(sys, "stdin", io.StringIO("n\n"))

    said = console.call("forget", USER)

    assert said.code == 1
    assert "landing files" in said.out
    assert site.digests() == before
