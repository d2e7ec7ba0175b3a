"""Once for real: a daemon with its code location, files that land, a drift, a retraining that fails once."""

import io
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest
from rich.console import Console

from churn_assets.cli.daemon import running_daemon
from churn_assets.cli.watching import Watcher
from churn_assets.monitoring.tables import DRIFT_REPORT
from churn_assets.resources.retrainings import REPORT_DAY, REPORT_RUN, VERDICT
from churn_assets.resources.session import Session
from churn_assets.retraining.decision import Decision
from churn_assets.retraining.ledger import read_decisions
from churn_assets.simulate import Change, World, write_logs
from churn_assets_tests.end_to_end.service import CUTOFFS, LAST_DAY, WORLD, Service, copied
from churn_assets_tests.retraining.flaky import FAILED

NEW_DAYS = 7
LAST_NEW_DAY = LAST_DAY + timedelta(days=NEW_DAYS)
PATIENCE_SECONDS = 1_500.0
FLAKY = Path(__file__).with_name("flaky.py")


def shifted() -> World:
    """The same world, which goes on for a week in which listeners move to phones."""
    shift = Change(LAST_DAY + timedelta(days=1), covariate=1.0, concept=1.0)
    changes = (*WORLD.changes, shift)
    # Without late rows, only the new days are made, by one run.
    return replace(WORLD, days=WORLD.days + NEW_DAYS, late_share=0.0, changes=changes)


def eventually(is_so: Callable[[], bool]) -> bool:
    """Whether something becomes so before patience ends."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < ends:
        if is_so():
            return True
        time.sleep(0.25)
    return False


def retrainings(session: Session) -> Sequence[dg.DagsterRun]:
    """Runs that retrain, the oldest first."""
    return list(reversed(session.instance.get_runs(dg.RunsFilter(tags={VERDICT: "retrain"}))))


def first_decision(service: Service, session: Session) -> Decision | None:
    """The decision to retrain, once its outcome is told and nothing is going on any more."""
    going_on = session.instance.get_runs_count(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED]))
    found = [decision for decision in read_decisions(service.lake) if decision.is_retraining]
    return found[0] if found and not going_on else None


def processes_of(folder: Path) -> list[str]:
    """Processes whose environment names a folder as home."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"CHURN_HOME={folder}\0".encode() in entry.read_bytes():
                found.append((entry.parent / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found


def test_what_lands_flows_on_to_a_drift_and_one_retraining_that_is_retried_once(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    copy = copied(Service.of(service.home, last_day=LAST_NEW_DAY, report_days=1), tmp_path / "home")
    write_logs(shifted(), tmp_path / "new")
    told = io.StringIO()
    with copy.session() as session:
        watcher = Watcher(session, Console(file=told, width=300))
        with running_daemon(copy.settings, tmp_path / "daemon.log", location=("-f", str(FLAKY))):
            start = watcher.begin()
            for file in sorted((tmp_path / "new").iterdir())[-NEW_DAYS:]:
                shutil.copyfile(file, copy.home / "landing" / file.name)
            watcher.wait_for_sensors()
            assert eventually(lambda: first_decision(copy, session) is not None), (tmp_path / "daemon.log").read_text()
            watcher.watch(start)
            watcher.show_reports(start)
        failed, retry = retrainings(session)
        decision = first_decision(copy, session)
        states = {state.asset: state for state in session.states()}

    assert processes_of(copy.home) == []
    assert (copy.home / FAILED).exists()
    assert (failed.status, retry.status) == (dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.SUCCESS)
    assert retry.parent_run_id == failed.run_id
    assert decision is not None
    assert decision.dagster_run == retry.run_id
    assert (decision.champion, str(decision.newest_mature)) == ("1", CUTOFFS[-1])
    assert decision.outcome in ("promotion", "refusal")
    assert decision.evidence["report"] in ("drift_report", "novelty_report", "performance_report")
    assert failed.tags[REPORT_RUN] == decision.evidence["run"]
    assert failed.tags[REPORT_DAY] == decision.evidence["day"]
    assert decision.champion_after == copy.registry.champion().number
    assert copy.registry.challenger().number == "2"
    assert [states[name].todo for name in ("events", "churn_labels", "churn_scores")] == [()] * 3
    assert copy.lake.keys(DRIFT_REPORT)[-1] == LAST_NEW_DAY.isoformat()
    assert "red    drift_report of 2026-02-1" in told.getvalue()
    assert f"run {failed.run_id[:8]} (retrain): FAILURE" in told.getvalue()
    assert f"run {retry.run_id[:8]} (retrain): SUCCESS" in told.getvalue()
    assert f"  {decision.outcome}: Version 2" in told.getvalue()
