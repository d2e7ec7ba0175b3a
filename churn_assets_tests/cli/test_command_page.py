import os
import re
import signal
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import pytest
import typer

from churn_assets.cli.app import app
from churn_assets.cli.command_page import command_page
from churn_assets_tests.cli.console import Console

INSTALLED = Path(sys.executable).with_name("churn-assets")
PATIENCE_S = 120
PAGE = command_page(app)
SECTIONS = dict(re.findall(r"^## churn-assets ([\w -]+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
shop = typer.Typer()
tills = typer.Typer(help="Where it is paid.")
shop.add_typer(tills, name="till")


@shop.command()
def open_shop(
    day: Annotated[datetime, typer.Argument(help="Which day.")],
    doors: Annotated[int, typer.Option("--doors", "-d", min=1, max=9, help="How many.")] = 2,
    till: Annotated[Literal["one", "all"] | None, typer.Option(help="Which till.")] = None,
    *,
    quiet: Annotated[bool, typer.Option("--quiet", help="No music.")] = False,
) -> None:
    """Open the shop.

    And its doors.
    """


@tills.command(name="count")
def count_till() -> None:
    """Count what is in it."""


SHOP = command_page(shop)


def options(section: str) -> set[str]:
    return set(re.findall(r"`(-{1,2}[a-z-]+)`", section))


@pytest.mark.parametrize("command", sorted(SECTIONS))
def test_a_command_has_the_options_that_its_help_tells(command: str, console: Console) -> None:
    told = [line for line in console.call(*command.split(), "--help").lines if line.startswith("│")]

    assert options(SECTIONS[command]) == set(re.findall(r" (-{1,2}[a-z][a-z-]*)", " ".join(told))) - {"--help"}


def test_every_command_of_the_help_has_a_section(console: Console) -> None:
    told = {line.split()[1] for line in console.call("--help").lines if re.match(r"│ [a-z-]+  ", line)}

    assert {command.split()[0] for command in SECTIONS} == told - {"--help"}
    assert {"model", "model card", "model rollback"} <= set(SECTIONS)


def test_every_link_of_the_list_leads_to_its_section() -> None:
    links = re.findall(r"^\| \[`churn-assets ([\w -]+)`\]\(#churn-assets-([\w-]+)\)", PAGE, re.MULTILINE)

    assert [name for name, _ in links] == list(SECTIONS)
    assert [anchor for _, anchor in links] == [name.replace(" ", "-") for name in SECTIONS]


@pytest.mark.parametrize(
    "row",
    [
        "| `DAY` | a day, such as `2026-01-02` |  | Which day. |",
        "| `--doors`, `-d` | a whole number from 1 to 9 | `2` | How many. |",
        "| `--till` | `one`, `all` |  | Which till. |",
        "| `--quiet` | nothing |  | No music. |",
    ],
)
def test_an_option_is_told_with_names_values_and_default(row: str) -> None:
    assert row in SHOP.splitlines()


def test_commands_of_a_group_are_told_behind_it_and_a_group_that_does_nothing_itself_is_not() -> None:
    assert re.findall(r"^## (.*)$", SHOP, re.MULTILINE)[2:] == ["churn-assets open-shop", "churn-assets till count"]
    assert "Open the shop. And its doors." in SHOP
    assert "Count what is in it.\n\nNo options." in SHOP


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["--help"], 0), (["status"], 0), (["docs", "--check"], 1), (["run", "--until", "dinner"], 2), (["dance"], 2)],
)
def test_exit_codes_are_those_of_the_page(arguments: list[str], code: int, console: Console) -> None:
    assert f"| {code} |" in PAGE
    assert console.call(*arguments).code == code


def test_ctrl_c_while_tables_are_made_ends_in_one_line_that_says_how_to_go_on(tmp_path: Path) -> None:
    landing, one_day = tmp_path / "landing", {"CHURN_HOME": str(tmp_path), "CHURN_LAST_DAY": "2026-01-02"}
    landing.mkdir()
    os.mkfifo(landing / "endless.json")  # who reads it waits for ever
    process = subprocess.Popen([INSTALLED, "run"], cwd=tmp_path, env=one_day, stderr=subprocess.PIPE, text=True)
    writer = opened_by_its_reader(landing / "endless.json", process)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=PATIENCE_S)
    os.close(writer)

    assert process.returncode == 1
    assert said.strip() == "churn-assets: Stopped. What was finished stays; the same command goes on from there."


def opened_by_its_reader(path: Path, process: "subprocess.Popen[str]") -> int:
    """The writer's end of a pipe that a process reads, once it does."""
    end = time.monotonic() + PATIENCE_S
    while process.poll() is None and time.monotonic() < end:
        try:
            return os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            time.sleep(0.1)
    process.kill()
    pytest.fail("nobody reads the landing file")
