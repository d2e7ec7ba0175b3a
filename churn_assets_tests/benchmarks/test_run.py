"""A run keeps each stage as soon as it is measured, goes on after a failure, and goes on where it was interrupted."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from benchmarks.findings import Findings, Target
from benchmarks.measuring import measured
from benchmarks.results import read_results
from benchmarks.run import Run
from benchmarks.sizes import SIZES
from benchmarks.stages import STAGES, Stage, gigabytes
from benchmarks.workbench import Workbench
from churn_assets_tests.benchmarks.jobs import fail
from churn_assets_tests.benchmarks.outcomes import CONDITIONS, findings

MISSED, KEPT = Target("too dear", 2.0, 1.0), Target("cheap enough", 1.0, 1.0)


def works(_bench: Workbench) -> Findings:
    return findings("works", [KEPT])


def misses(_bench: Workbench) -> Findings:
    return findings("misses", [KEPT, MISSED])


def fails(_bench: Workbench) -> Findings:
    measured(fail)
    return findings("fails")


def breaks(_bench: Workbench) -> Findings:
    raise RuntimeError("The server stopped.")


def stops(_bench: Workbench) -> Findings:
    raise KeyboardInterrupt


def a_run(folder: Path, *stages: Callable[[Workbench], Findings], size: str = "full", is_resumed: bool = False) -> Run:
    named: Mapping[str, Stage] = {stage.__name__: Stage("a stage", stage, frozenset(), "") for stage in stages}
    return Run(SIZES[size], folder / "results.json", CONDITIONS, is_resumed, named)


def ran(run: Run, folder: Path, told: list[str] | None = None) -> tuple[list[str], bool]:
    outcome = run.measure(run.open_stages(list(run.stages)), folder, (told if told is not None else []).append)
    return outcome.failed, outcome.is_interrupted


def test_every_stage_is_kept(tmp_path: Path) -> None:
    assert ran(a_run(tmp_path, works, misses), tmp_path) == ([], False)

    assert set(read_results(tmp_path / "results.json").stages) == {"works", "misses"}


@pytest.mark.parametrize("broken", [fails, breaks])
def test_a_stage_that_fails_costs_the_others_nothing(tmp_path: Path, broken: Callable[[Workbench], Findings]) -> None:
    told: list[str] = []

    assert ran(a_run(tmp_path, broken, works), tmp_path, told) == ([broken.__name__], False)

    assert set(read_results(tmp_path / "results.json").stages) == {"works"}
    assert any(f"{broken.__name__} failed: " in line and "exit code 3" in line + "exit code 3" for line in told)


def test_an_interrupted_run_keeps_what_it_has_and_is_gone_on_with(tmp_path: Path) -> None:
    assert ran(a_run(tmp_path, works, stops, misses), tmp_path) == ([], True)
    assert set(read_results(tmp_path / "results.json").stages) == {"works"}

    rest = a_run(tmp_path, works, stops, misses, is_resumed=True)

    assert rest.open_stages(["works", "stops", "misses"]) == ["stops", "misses"]


def test_without_being_asked_to_go_on_everything_is_measured_again(tmp_path: Path) -> None:
    ran(a_run(tmp_path, works), tmp_path)

    assert a_run(tmp_path, works, misses).open_stages(["misses", "works"]) == ["works", "misses"]


def test_single_stages_leave_what_others_found_before(tmp_path: Path) -> None:
    ran(a_run(tmp_path, works), tmp_path)

    ran(a_run(tmp_path, misses), tmp_path)

    assert set(read_results(tmp_path / "results.json").stages) == {"works", "misses"}


@pytest.mark.parametrize(
    ("size", "asked", "is_missed"),
    [("full", ["misses"], True), ("full", ["works"], False), ("small", ["misses"], False)],
)
def test_a_missed_goal_counts_at_the_full_size_and_where_it_was_asked_for(
    tmp_path: Path, size: str, asked: list[str], *, is_missed: bool
) -> None:
    run = a_run(tmp_path, works, misses, size=size)
    ran(run, tmp_path)

    assert run.misses_a_goal(asked) is is_missed


def test_every_stage_says_what_it_is_what_bounds_it_and_fits_a_disk_of_25_gigabytes() -> None:
    assert all(stage.title and stage.bound.strip() for stage in STAGES.values())
    assert 0 < gigabytes(SIZES["small"], STAGES) < gigabytes(SIZES["full"], STAGES) < 25


def test_data_that_stages_share_are_counted_once() -> None:
    size = SIZES["full"]

    assert gigabytes(size, ["features", "labels", "new_day"]) == gigabytes(size, ["features"])
    assert gigabytes(size, ["features", "growth"]) == gigabytes(size, ["growth"])
