"""Every command of every page is run, in the order of the page."""

from dataclasses import replace

import pytest

from churn_assets_tests.documents.conftest import DATABASE_HOST, TUTORIAL, Followed
from churn_assets_tests.documents.markdown import ROOT, Page, pages
from churn_assets_tests.documents.notes import Elsewhere, Excerpt, Output, Run, Serve, treatment
from churn_assets_tests.documents.prints import missing_line
from churn_assets_tests.documents.session import Session

PAGES = pages()


def is_run(page: Page) -> bool:
    """Whether something on the page runs."""
    return any(isinstance(treatment(block), Run | Serve) for block in page.blocks)


def not_printed(page: Page, printed: dict[int, str]) -> dict[int, str]:
    """The lines that the page shows and its commands did not print, by the line of the block that shows them."""
    missing, before = {}, 0
    for block in page.blocks:
        if isinstance(treatment(block), Output):
            line = missing_line(block.text, printed[before])
            missing |= {block.line: line} if line else {}
        else:
            before = block.line
    return missing


def test_the_tutorial_works_from_its_first_line_to_its_last(followed: Followed) -> None:
    assert not_printed(TUTORIAL, dict(followed.printed)) == {}


RUNNING = [page for page in PAGES if is_run(page) and page != TUTORIAL]


@pytest.mark.parametrize("page", RUNNING, ids=lambda page: page.name)
def test_the_commands_of_a_page_do_what_it_says(page: Page, reader: Session, request: pytest.FixtureRequest) -> None:
    if DATABASE_HOST in page.path.read_text():
        databases, postgres = (request.getfixturevalue(name) for name in ("databases", "postgres"))
        reader = replace(reader, instead=databases, programs=(postgres.programs,))

    printed = reader.run(page)

    assert not_printed(page, dict(printed)) == {}


def commands(page: Page) -> list[str]:
    """The lines that a page runs."""
    run = [block.text for block in page.blocks if isinstance(treatment(block), Run | Serve)]
    return [line.partition("#")[0].strip() for text in run for line in text.splitlines()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_another_page_is_said_to_run_is_run_there(page: Page) -> None:
    for block in page.blocks:
        how = treatment(block)
        if isinstance(how, Elsewhere):
            wanted = [line.partition("#")[0].strip() for line in block.text.splitlines()]
            there = commands(Page(ROOT / how.page))

            assert [line for line in wanted if line not in there] == [], f"{page.name}:{block.line}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_an_excerpt_stands_in_its_file(page: Page) -> None:
    for block in page.blocks:
        how = treatment(block)
        if isinstance(how, Excerpt):
            file = (ROOT / how.path).read_text().splitlines()

            assert [line for line in block.text.splitlines() if line not in file] == [], f"{page.name}:{block.line}"
