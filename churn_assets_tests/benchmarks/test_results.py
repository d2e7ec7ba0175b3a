"""Results as a file: what was written is read again, half a file never is, and what is out of date is known."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.conditions import Conditions
from benchmarks.results import Results, read_results, write_results
from churn_assets_tests.benchmarks.outcomes import CONDITIONS, MACHINE, findings, measurement, whole


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    write_results(whole(), tmp_path / "deep" / "results.json")

    assert read_results(tmp_path / "deep" / "results.json") == whole()


def test_writing_leaves_nothing_beside_the_file(tmp_path: Path) -> None:
    for _ in range(2):
        write_results(whole(), tmp_path / "results.json")

    assert [path.name for path in tmp_path.iterdir()] == ["results.json"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"size": 3}', '{"size": "full", "stages": {"ingest": {}}}'])
def test_what_is_no_result_is_refused_with_what_to_do(tmp_path: Path, content: str) -> None:
    (tmp_path / "results.json").write_text(content)

    with pytest.raises(ValueError, match=r"is no result of this benchmark .*; move it away"):
        read_results(tmp_path / "results.json")


def test_results_of_another_format_are_refused(tmp_path: Path) -> None:
    write_results(replace(whole(), format=0), tmp_path / "results.json")

    with pytest.raises(ValueError, match="has format 0"):
        read_results(tmp_path / "results.json")


def test_a_stage_that_is_measured_again_takes_the_place_of_the_old_one() -> None:
    old = Results("full").with_stage("drift", measurement(findings("drift"), seconds=1.0))

    new = old.with_stage("drift", measurement(findings("drift"), seconds=2.0))

    assert [stage.seconds for stage in new.stages.values()] == [2.0]
    assert [stage.seconds for stage in old.stages.values()] == [1.0]


@pytest.mark.parametrize(
    ("now", "is_kept"),
    [
        (CONDITIONS, True),
        (replace(CONDITIONS, commit="another name of the same code", has_changes=True), True),
        (replace(CONDITIONS, code="changed"), False),
        (replace(CONDITIONS, versions={"python": "3.12.0"}), False),
        (replace(CONDITIONS, machine=replace(MACHINE, threads=1)), False),
    ],
)
def test_only_what_the_same_code_measured_on_the_same_machine_is_as_good_as_new(
    now: Conditions, *, is_kept: bool
) -> None:
    results = Results("full").with_stage("drift", measurement(findings("drift")))

    assert ("drift" in results.measured_under(now)) == is_kept
