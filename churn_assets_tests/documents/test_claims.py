"""What pages name in passing exists: settings, files, commands, reasons, statuses."""

import re
from collections.abc import Iterable

import pytest

from churn_assets.cli.app import app
from churn_assets.cli.command_page import command_page
from churn_assets.ingest.log_line import Reason
from churn_assets.serving.documentation import PROBLEMS
from churn_assets.settings import Settings
from churn_assets_tests.documents.markdown import ROOT, Page, pages

PAGES = [page for page in pages() if page.name != "CHANGELOG.md"]
SETTINGS = {f"CHURN_{name.upper()}" for name in Settings.model_fields}
SECTIONS = re.findall(r"^## churn-assets ([\w -]+)\n(.*?)(?=^## |\Z)", command_page(app), re.MULTILINE | re.DOTALL)
COMMANDS = {name: {"--help", *re.findall(r"`(--?[a-z-]+)`", section)} for name, section in SECTIONS}
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
CALL = re.compile(r"churn-assets ((?:model )?[a-z][a-z-]*)([^`|;&\n]*)")
BELOW = ("churn_assets", "churn_assets_tests", "benchmarks", "docs")


def in_code(page: Page) -> Iterable[str]:
    """What stands between backticks on a page."""
    return re.findall(r"`([^`\n]+)`", "\n".join(line for _, line in page.prose))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_setting_that_a_page_names_is_one(page: Page) -> None:
    assert set(re.findall(r"\bCHURN_[A-Z_]+[A-Z]\b", page.path.read_text())) - SETTINGS == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_a_page_names_by_its_path_is_there(page: Page) -> None:
    named = [path for path in in_code(page) if re.fullmatch(rf"({'|'.join(BELOW)})/[\w/-]+\.\w+", path)]

    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_a_page_names_is_one_with_these_options(page: Page) -> None:
    unknown = []
    for name, rest in CALL.findall("\n".join(in_code(page))):
        known = COMMANDS.get(name) or COMMANDS.get(name.split()[0])
        unknown += [f"{name} {option}" for option in re.findall(r" (--?[a-z-]+)", rest) if option not in (known or ())]
        unknown += [] if known else [name]

    assert unknown == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_target_of_make_that_a_page_names_is_one(page: Page) -> None:
    assert {found[1] for code in in_code(page) if (found := re.search(r"\bmake ([a-z-]+)", code))} - TARGETS == set()


def test_every_reason_of_quarantine_is_explained() -> None:
    page = (ROOT / "docs" / "how-to" / "bad-day.md").read_text()

    assert [reason for reason in Reason if reason not in page] == []


def test_every_status_of_the_api_is_explained() -> None:
    page = (ROOT / "docs" / "api.md").read_text()
    told = {int(code) for row in re.findall(r"^\| ([\d, ]+) \|", page, re.MULTILINE) for code in row.split(",")}

    assert told == set(PROBLEMS)
