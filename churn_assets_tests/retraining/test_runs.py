"""Retrainings as runs of this process: what they leave, also when they fail or are killed."""

import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import dagster as dg
import pytest

from churn_assets.labels.tables import CHURN_LABELS
from churn_assets.registry.artifact import Parts
from churn_assets.registry.registry import CHALLENGER, CHAMPION
from churn_assets.registry.training_run import DAGSTER_RUN
from churn_assets.resources.retraining_runs import DECISION
from churn_assets.resources.retrainings import TRIGGER, VERDICT
from churn_assets.resources.runner import QUIET, Request
from churn_assets.retraining.ledger import read_decisions
from churn_assets.training.calibration import SigmoidCalibration
from churn_assets.training.tables import TRAINING_SET
from churn_assets_tests.cli.console import Console, told_plainly
from churn_assets_tests.end_to_end.service import MATURE, Service
from churn_assets_tests.end_to_end.tampering import rewritten
from churn_assets_tests.registry.tiny import ROOT
from churn_assets_tests.retraining.killed_run import DECIDED, promotion


@pytest.fixture
def console(
    copy: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Console:
    """A terminal with the settings of the copy."""
    return Console(tmp_path, monkeypatch, capsys, copy.told)


def newest_run(service: Service) -> dg.DagsterRun:
    """The run that Dagster began last."""
    with service.session() as session:
        return session.instance.get_runs(limit=1)[0]


def test_a_retraining_on_demand_is_one_run_whose_decision_leads_everywhere(copy: Service, console: Console) -> None:
    said = console.call("retrain", "--why", "A new song catalogue.")

    assert said.code == 0, said.err
    (decision,) = read_decisions(copy.lake)
    run, challenger = newest_run(copy), copy.registry.challenger()
    training = copy.registry.tracking.client().get_run(challenger.run_id)
    assert (challenger.number, copy.registry.champion().number) == ("2", "1")
    assert (decision.trigger, decision.verdict, decision.outcome) == ("asked_for", "retrain", "refusal")
    assert (decision.champion, decision.champion_after, str(decision.newest_mature)) == ("1", "1", MATURE[-1])
    assert (decision.dagster_run, decision.mlflow_run) == (run.run_id, challenger.run_id)
    assert training.data.tags[DAGSTER_RUN] == run.run_id
    assert (run.tags[TRIGGER], run.tags[VERDICT]) == ("asked_for", "retrain")
    assert "The retraining ended in a refusal. Version 2" in said.out
    linked = copy.made("retraining_decision")[""]
    assert (linked["run"], linked["verdict"], linked["outcome"]) == (run.run_id, "retrain", "refusal")
    assert linked["mlflow_run"].endswith(challenger.run_id)
    told = console.call("decisions")
    assert "A new song catalogue. Version 2" in " ".join(told.out.split())
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in console.call("status").lines]
    assert ["retraining", "retraining_decision", "yes", "-", "-"] in rows


def test_a_retraining_that_somebody_starts_in_the_ui_is_a_decision_too(copy: Service) -> None:
    """Without the training, which the test above pays for: the champion stays, being the challenger itself."""
    with copy.session() as session:
        job = session.defs.get_repository_def().get_job("retrain")
        keys = [dg.AssetKey("champion_model"), dg.AssetKey(DECISION)]
        done = job.execute_in_process(instance=session.instance, asset_selection=keys, run_config=QUIET)

    (decision,) = read_decisions(copy.lake)
    assert done.success
    assert (decision.trigger, decision.verdict, decision.outcome) == ("asked_for", "retrain", "refusal")
    assert (decision.champion, decision.dagster_run) == ("1", done.run_id)


def test_the_decisions_can_be_materialised_alone_without_adding_one(copy: Service) -> None:
    with copy.session() as session:
        session.carry_out(Request((DECISION,)))

    assert read_decisions(copy.lake) == []


def test_a_retraining_that_fails_leaves_the_champion_and_tells_it(copy: Service, console: Console) -> None:
    champion, challenger = copy.registry.champion(), copy.registry.challenger()
    for cutoff in MATURE:
        rewritten(copy, CHURN_LABELS, lambda rows: rows.assign(churned=False), cutoff)

    message = told_plainly(console.call("retrain"))

    (decision,) = read_decisions(copy.lake)
    assert (decision.verdict, decision.outcome, decision.explanation) == ("retrain", "failed", message)
    assert (copy.registry.champion(), copy.registry.challenger()) == (champion, challenger)
    assert "failed" in console.call("decisions").out


def with_a_poor_champion(service: Service) -> None:
    """Let version 2, which says the same of everybody, be champion; the service's model challenges it."""
    registry = service.registry
    good = registry.load(registry.champion())
    poor = replace(good.model, calibration=SigmoidCalibration(0.0, 0.0))
    artifact = good.artifact
    parts = Parts(poor, artifact.reference(), artifact.evaluation, artifact.card, {"roc": b"\x89PNG"})
    registry.register(parts, run_id=good.version.run_id, data_versions={})
    registry.point(CHAMPION, "2")
    registry.point(CHALLENGER, "1")


@pytest.mark.parametrize(("stage", "champion"), [("before", "2"), ("after", "1")])
def test_a_run_killed_in_the_middle_of_a_promotion_leaves_one_champion_and_its_retry_the_right_outcome(
    stage: str, champion: str, copy: Service
) -> None:
    with_a_poor_champion(copy)
    command = [sys.executable, "-m", "churn_assets_tests.retraining.killed_run", stage, str(copy.home)]

    killed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert copy.registry.champion().number == champion
    with copy.session() as session:
        session.instance.report_run_failed(session.instance.get_runs(limit=1)[0])
        session.carry_out(promotion())
    (decision,) = read_decisions(copy.lake)
    assert copy.registry.champion().number == "1"
    assert (decision.key, decision.outcome, decision.champion_after) == (DECIDED.key, "promotion", "1")


def test_nothing_trains_beside_a_retraining_in_flight(copy: Service, console: Console) -> None:
    copy.lake.path(TRAINING_SET).unlink()
    with copy.session() as session:
        tags = {VERDICT: "retrain", TRIGGER: "novelty"}
        session.instance.add_run(dg.DagsterRun("retrain", status=dg.DagsterRunStatus.STARTED, tags=tags))

    said = console.call("run", "--until", "models")

    assert "Training waits. Retraining" in " ".join((said.out + said.err).split())
    assert not copy.lake.path(TRAINING_SET).exists()
    assert [version.number for version in copy.registry.versions()] == ["1"]
