"""A log too short to train on: what is possible is done, what is not is explained, and another's champion scores it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from churn_assets.scoring.tables import CHURN_SCORES
from churn_assets_tests.cli.console import Console, Outcome
from churn_assets_tests.end_to_end.service import FIRST_DAY, WORLD, Service

DAYS = 9
CUTOFFS = ["2026-01-12", "2026-01-13", "2026-01-14"]
LAST_DAY = FIRST_DAY + timedelta(days=DAYS - 1)
SHORT = replace(WORLD, days=DAYS, listeners=60, seed=11)
STAGES = ("days", "features", "scores")


@pytest.fixture
def short(service: Service, tmp_path: Path) -> Service:
    """Nine days of other listeners, with the registry of the service."""
    url = service.registry.tracking.url
    short = Service.of(tmp_path / "short", last_day=LAST_DAY, cutoff_schedule="daily", mlflow_url=url)
    short.land(SHORT)
    return short


@pytest.fixture
def said(short: Service, console: Console) -> dict[str, tuple[Outcome, set[str]]]:
    """What `run --until` says of each stage, and the tables that there are then."""
    (console.folder / "cwd").mkdir()
    terminal = Console(console.folder / "cwd", console.monkeypatch, console.capsys, short.told)
    outcomes = {}
    for stage in STAGES:
        outcome = terminal.call("run", "--until", stage)
        outcomes[stage] = outcome, {path.name for path in short.lake.root.iterdir() if not path.name.startswith(".")}
    return outcomes


def test_stages_come_one_after_the_other_training_waits_and_the_champion_scores(
    short: Service, service: Service, said: dict[str, tuple[Outcome, set[str]]]
) -> None:
    (days, made_days), (features, made_features), (scores, made_scores) = (said[stage] for stage in STAGES)

    assert [days.code, features.code, scores.code] == [0, 0, 0], scores
    assert {"raw_logs", "events", "sessions", "listener_days"} <= made_days
    assert made_features - made_days == {"user_features", "population"}
    assert made_scores - made_features == {"churn_scores"}
    assert "Training waits." not in days.out + features.out
    assert (
        "Training waits. Nothing can be trained and tested honestly on no mature cut-off: the first cut-off to train "
        "on is 2026-01-12, its labels close on 2026-01-19, so the first test cut-off is 2026-01-19 (with 2 held out, "
        "up to 2026-01-20), and its labels need every day up to 2026-01-26. Missing: 13 day(s) of logs, 2026-01-14 to "
        "2026-01-26. Land them and run again."
    ) in scores.out

    rows = short.rows(CHURN_SCORES)
    assert sorted(set(rows["cutoff"].dt.strftime("%Y-%m-%d"))) == CUTOFFS
    assert rows["churn_probability"].between(0, 1).all()
    assert set(rows["model_version"]) == {service.registry.champion().number}
