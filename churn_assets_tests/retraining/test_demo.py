"""The parts of `churn-assets demo-drift` that need no hour; the story itself is `make demo-drift`."""

import io
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from churn_assets.cli.comparison import show_errors
from churn_assets.cli.daemon import environment_of
from churn_assets.cli.demo_drift import ACTS, DAYS, PRICE_RISE, SHIFT, demo_settings, run_demo_drift, world_of_demo
from churn_assets.cli.retrain import decisions_table
from churn_assets.cli.watching import Watcher
from churn_assets.definitions import build_defs
from churn_assets.errors import LandingError
from churn_assets.resources.session import Session
from churn_assets.retraining.decision import Decision
from churn_assets.retraining.tables import NO_CAUSE, NOVELTY
from churn_assets.settings import Settings
from churn_assets_tests.end_to_end.service import HELD_OUT, Service
from churn_assets_tests.retraining.causes import NOON, cause, drifted, retrained
from churn_assets_tests.retraining.watched import DRIFT, Watched

ALONE: dict[str, Any] = {"_env_file": None}


def printed(table: object) -> str:
    """What a terminal shows."""
    console = Console(width=200, file=io.StringIO())
    console.print(table)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_demo_writes_into_a_home_of_its_own_whatever_the_settings_say(tmp_path: Path) -> None:
    mine = Settings(home=tmp_path, landing="s3://logs", lake="s3://lake", mlflow_url="http://mlflow", **ALONE)

    told = demo_settings(mine)

    assert told.home == tmp_path / "demo-drift"
    assert (told.landing_url, told.lake_url) == (str(told.home / "landing"), str(told.home / "lake"))
    assert told.mlflow_url is None


def test_the_daemon_gets_the_settings_and_the_home_by_its_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHURN_MLFLOW_URL", "http://mlflow")
    monkeypatch.setenv("DAGSTER_HOME", "/elsewhere")
    told = demo_settings(Settings(home=tmp_path, **ALONE))

    environment = environment_of(told)

    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert Settings(**ALONE) == told
    assert environment["DAGSTER_HOME"] == str(told.home / ".dagster")


def test_the_world_changes_before_the_log_of_each_act_has_landed(tmp_path: Path) -> None:
    world = world_of_demo(demo_settings(Settings(home=tmp_path, **ALONE)))

    assert world.days == DAYS == ACTS[-1].until
    assert SHIFT < ACTS[0].until <= PRICE_RISE < ACTS[1].until < ACTS[2].until
    strengths = [(world.today(day).covariate, world.today(day).concept) for day in (SHIFT - 1, SHIFT, PRICE_RISE)]
    assert strengths == [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0)]


def test_a_folder_that_is_not_the_demos_is_left_alone(tmp_path: Path) -> None:
    precious = tmp_path / "demo-drift" / "thesis.txt"
    precious.parent.mkdir()
    precious.write_text("42")

    with pytest.raises(LandingError, match="set CHURN_HOME to another folder"):
        run_demo_drift(Settings(home=tmp_path, **ALONE))

    assert precious.read_text() == "42"


def test_the_champion_is_shown_beside_the_best_possible_on_its_promotion_test(service: Service) -> None:
    console = Console(width=120, file=io.StringIO())

    show_errors(console, service.settings, service.truth, changed_on=date(2026, 3, 1))

    assert isinstance(console.file, io.StringIO)
    said = console.file.getvalue()
    title = " ".join(said.partition("┏")[0].split())
    assert title == f"Before the change: the promotion test of version 1, at {HELD_OUT[0]} and {HELD_OUT[1]}"
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in said.splitlines() if line.startswith("│")]
    assert [row[0].split(" (")[0] for row in rows] == ["version 1", "best possible"]
    assert all(0 < float(cell) < 1 for row in rows for cell in row[1:3])
    assert {row[3] for row in rows} == {"1,297"}


def test_the_table_of_decisions_says_what_is_in_flight_and_who_became_champion() -> None:
    shown = printed(decisions_table([retrained(outcome="promotion", champion_after="2"), retrained(outcome=None)]))

    assert "1 → 2" in shown
    assert "in flight" in shown
    assert "data_drift" in shown


def test_the_watcher_tells_retrainings_and_recorded_decisions_once_each(watched: Watched) -> None:
    session = Session(watched.settings, build_defs(watched.settings), watched.instance)
    console = Console(width=200, file=io.StringIO())
    watcher = Watcher(session, console)
    start = watcher.begin()
    watched.report("2026-06-07", drifted())
    watched.started(watched.asked(DRIFT))
    passed = Decision.on(cause(NOVELTY), verdict=NO_CAUSE, reason="Labels are no newer.", at=NOON)
    watched.recording(passed)

    watcher.tell_runs(start)
    watcher.tell_runs(start)

    assert isinstance(console.file, io.StringIO)
    told = console.file.getvalue()
    assert told.count("data_drift: retrain. drift_report of 2026-06-07") == 1
    assert told.count("novelty: no cause. Labels are no newer.") == 1
    assert told.count(": SUCCESS") == 1
