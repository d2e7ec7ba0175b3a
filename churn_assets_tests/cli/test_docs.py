from churn_assets.cli.docs import REFERENCE, generated_pages
from churn_assets_tests.cli.console import Console, told_plainly


def test_written_pages_are_up_to_date(console: Console) -> None:
    written, checked = console.call("docs"), console.call("docs", "--check")

    assert written.lines == [f"wrote {path}" for path in generated_pages()]
    assert (checked.code, checked.out) == (0, "")


def test_pages_that_are_not_there_are_told_by_name(console: Console) -> None:
    message = told_plainly(console.call("docs", "--check"))

    missing = ", ".join(map(str, generated_pages()))
    assert message == f"{missing} no longer match the code: run `make docs` and commit the pages."


def test_only_the_page_that_was_edited_is_stale(console: Console) -> None:
    console.call("docs")
    page = console.folder / REFERENCE / "settings.md"
    page.write_text(page.read_text() + "An edit by hand.\n")

    assert told_plainly(console.call("docs", "--check")).startswith("docs/reference/settings.md no longer match")
    assert page.read_text().endswith("An edit by hand.\n")


def test_writing_mends_a_stale_page(console: Console) -> None:
    console.call("docs")
    (console.folder / REFERENCE / "features.md").write_text("")
    console.call("docs")

    assert console.call("docs", "--check").code == 0
