"""Every link leads somewhere: files, pictures, anchors."""

import pytest

from churn_assets_tests.documents.markdown import ROOT, Page, anchor, pages

PAGES = pages()
OUTSIDE = ("http://", "https://", "mailto:")


def dead(page: Page) -> list[str]:
    """The links of a page that lead nowhere, with their lines."""
    return [f"line {line}: {target}" for line, target in page.links if not _leads_somewhere(page, target)]


def _leads_somewhere(page: Page, target: str) -> bool:
    if target.startswith(OUTSIDE):
        return True
    path, _, wanted = target.partition("#")
    file = (page.path.parent / path).resolve() if path else page.path
    return file.exists() and (not wanted or (file.suffix == ".md" and wanted in Page(file).anchors))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_link_of_a_page_is_dead(page: Page) -> None:
    assert dead(page) == []


def test_every_page_below_docs_is_reached_from_the_index() -> None:
    seen: set[str] = set()
    todo = [Page(ROOT / "docs" / "README.md")]
    while todo:
        page = todo.pop()
        seen.add(page.name)
        paths = [(page.path.parent / target.partition("#")[0]).resolve() for _, target in page.links]
        todo += [Page(path) for path in paths if path.suffix == ".md" and path.is_file() and path.is_relative_to(ROOT)]
        todo = [page for page in todo if page.name not in seen]

    assert {page.name for page in PAGES} - seen <= {"README.md"}


def test_every_picture_is_shown_somewhere() -> None:
    shown = {(page.path.parent / target).resolve() for page in PAGES for _, target in page.links}

    assert [path.name for path in (ROOT / "docs" / "images").iterdir() if path not in shown] == []


@pytest.mark.parametrize(
    ("heading", "named"),
    [
        ("Add a feature", "add-a-feature"),
        ("churn-assets model card", "churn-assets-model-card"),
        ("GET /users/{user_id}", "get-usersuser_id"),
        ("3. Run: `run`", "3-run-run"),
        ("See [the page](x.md)", "see-the-page"),
    ],
)
def test_anchors_are_those_of_github(heading: str, named: str) -> None:
    assert anchor(heading) == named
