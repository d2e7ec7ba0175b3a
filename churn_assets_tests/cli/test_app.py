"""What the command line says before there is anything, and when it is told nonsense."""

import subprocess
import sys
from pathlib import Path

import pytest

from churn_assets_tests.cli.console import Console, told_plainly

COMMANDS = ("run", "status", "model", "summary", "simulate", "demo", "docs")
ONE_DAY = {"first_day": "2026-01-05", "last_day": "2026-01-05"}
INSTALLED = Path(sys.executable).with_name("churn-assets")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_listed_and_explains_itself(command: str, console: Console) -> None:
    listed, explained = console.call("--help"), console.call(command, "--help")

    assert (listed.code, explained.code) == (0, 0)
    assert any(line.strip(" │").startswith(command) for line in listed.lines)
    assert f"churn-assets {command}" in explained.out


def test_the_installed_script_gives_up_in_one_line_without_a_stack_trace(tmp_path: Path) -> None:
    environment = {"PATH": "/usr/bin:/bin", "CHURN_HIGH_RISK": "0.1"}

    done = subprocess.run(
        [INSTALLED, "status"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert done.stderr == "churn-assets: CHURN_MEDIUM_RISK (0.2) must not exceed CHURN_HIGH_RISK (0.1).\n"


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("folds", "1", "greater than or equal to 2"),
        ("horizon_days", "a month", "valid integer"),
        ("engine", "polars", "'duckdb' or 'spark'"),
        ("last_day", "tomorrow", "'open'"),
    ],
)
def test_a_bad_setting_is_named_with_what_is_allowed(name: str, value: str, why: str, console: Console) -> None:
    message = told_plainly(console.call("status", **{name: value}))

    assert message.startswith(f"CHURN_{name.upper()} is {value!r}: ")
    assert why in message
    assert message.endswith("docs/reference/settings.md lists what is allowed.")


def test_two_bad_settings_are_told_at_once(console: Console) -> None:
    message = told_plainly(console.call("status", folds=0, threads=0))

    assert "CHURN_FOLDS is '0'" in message
    assert "CHURN_THREADS is '0'" in message


def test_a_stage_that_does_not_exist_is_refused_with_those_that_do(console: Console) -> None:
    refused = console.call("run", "--until", "dinner")

    assert refused.code == 2
    assert all(stage in refused.err for stage in ("days", "features", "models", "scores"))


def test_status_before_anything_has_landed_says_so_and_where_to_put_it(console: Console) -> None:
    said = console.call("status")

    assert said.code == 0
    assert "Nothing has landed for 2026-01-02 to 2026-05-31: put log files into the landing folder." in said.out
    assert f"home {console.home}, landing data/landing" in said.out


def test_run_without_a_landing_folder_says_which_is_missing(console: Console) -> None:
    message = told_plainly(console.call("run", **ONE_DAY))

    assert str(Path("data/landing")) in message


def test_run_on_an_empty_landing_folder_says_that_nothing_has_landed(console: Console) -> None:
    (console.home / "landing").mkdir(parents=True)

    message = told_plainly(console.call("run", **ONE_DAY))

    assert "nothing has landed yet" in message
    assert "CHURN_FIRST_DAY" in message


def test_summary_of_nothing_counts_nothing(console: Console) -> None:
    said = console.call("summary")

    assert said.code == 0
    assert "0 on 0 days" in said.out
    assert "0, of which 0 mature" in said.out
