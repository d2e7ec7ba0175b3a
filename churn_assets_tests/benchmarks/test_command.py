"""The command, as somebody types it."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from benchmarks.conditions import conditions
from benchmarks.findings import Target
from benchmarks.results import Results, write_results
from benchmarks.stages import STAGES
from churn_assets_tests.benchmarks.outcomes import findings, measurement

ROOT = Path(__file__).parents[2]


def typed(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_help_lists_every_stage_with_its_title() -> None:
    told = typed("--help")

    assert told.returncode == 0
    assert [name for name, stage in STAGES.items() if f"{name:14} {stage.title}" not in told.stdout] == []


def test_a_stage_that_there_is_not_is_refused_with_those_there_are() -> None:
    told = typed("ingest", "cooking")

    assert told.returncode == 2
    assert "there is no stage cooking; there are ingest," in told.stderr


def test_a_finished_run_that_is_resumed_measures_nothing_and_shows_what_it_has(tmp_path: Path) -> None:
    now = conditions()
    kept = Results("full").with_stage(
        "drift", measurement(findings("drift", [Target("too dear", 2, 1)]), conditions=now)
    )
    write_results(kept, tmp_path / "full" / "results.json")

    told = typed("drift", "--resume", "--output", tmp_path)

    assert told.returncode == 1  # the goal is missed, whoever measured it
    assert "drift (events 1,000)" in told.stdout
    assert "MISSED" in told.stdout
    assert (tmp_path / "full" / "performance.md").exists()


def test_results_that_cannot_be_read_are_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "full" / "results.json"
    write_results(replace(Results("full"), format=0), path)
    before = path.read_bytes()

    told = typed("drift", "--output", tmp_path)

    assert told.returncode == 2
    assert "has format 0" in told.stderr
    assert path.read_bytes() == before
