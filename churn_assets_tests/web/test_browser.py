"""The pages in a real browser: without scripts, without a mouse, in the dark, on a phone."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from churn_assets_tests.web.site import ACTIVE, HOSTILE

STANDARDS = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
}
PATHS = ["/", "/?level=paid&page=2", "/?region=nowhere", "/listener?id=3005", "/listener?id=nobody", "/nowhere"]


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A page of a browser that runs no scripts."""
    context = browser.new_context(base_url=address, java_script_enabled=False)
    yield context.new_page()
    context.close()


@pytest.fixture
def scripted(browser: Browser, address: str) -> Iterator[Page]:
    """A page of a browser that runs scripts, whatever the page says of them."""
    context = browser.new_context(base_url=address, bypass_csp=True)
    yield context.new_page()
    context.close()


def violations(page: Page) -> list[str]:
    """What axe finds wrong with a page, in words."""
    found: list[dict[str, Any]] = Axe().run(page, options=STANDARDS).response["violations"]
    return [f"{one['id']}: {[node['html'][:90] for node in one['nodes'][:3]]}" for one in found]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_wrong(path: str, scheme: str, scripted: Page) -> None:
    scripted.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    scripted.goto(path)

    assert violations(scripted) == []


@pytest.mark.parametrize("path", PATHS)
def test_a_phone_shows_pages_without_scrolling_sideways(path: str, scripted: Page) -> None:
    scripted.set_viewport_size({"width": 360, "height": 740})
    scripted.goto(path)

    assert scripted.evaluate("document.documentElement.scrollWidth") <= 360
    assert violations(scripted) == []


def test_an_analyst_filters_turns_the_page_and_opens_a_listener_without_scripts(page: Page) -> None:
    page.goto("/")
    page.get_by_label("Level").select_option("free")
    page.get_by_role("button", name="Filter").click()
    page.wait_for_url("**level=free**")
    levels = page.locator("table.list tbody td:nth-child(7)").all_inner_texts()
    page.get_by_role("link", name="Page 2").click()
    page.wait_for_url("**page=2**")
    assert "level=free" in page.url
    page.locator("table.list tbody th a").first.click()
    page.wait_for_url("**/listener?**")

    assert set(levels) == {"free"}
    assert page.get_by_role("heading", level=1).inner_text().startswith("Listener")
    assert page.get_by_role("heading", name="Score over time").is_visible()
    assert page.get_by_role("img", name=re.compile("^Probability of leaving at 3 cut-offs")).is_visible()
    assert page.get_by_role("definition").first.inner_text() == "free"


def test_a_listener_is_found_by_id_with_the_keyboard_alone(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to the content"
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("3005")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Listener 3005")


def test_what_has_the_focus_can_be_seen(scripted: Page) -> None:
    scripted.goto("/")
    for _ in range(9):
        scripted.keyboard.press("Tab")
        outline = scripted.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none"


def test_the_skip_link_leads_to_the_content(scripted: Page) -> None:
    scripted.goto("/")
    scripted.keyboard.press("Tab")
    scripted.keyboard.press("Enter")

    expect(scripted.locator(":focus")).to_have_id("main")


@pytest.mark.parametrize("user", HOSTILE)
def test_an_id_that_means_harm_is_only_text(user: str, scripted: Page) -> None:
    """Even where the policy is switched off: it is the second wall, not the first."""
    alerts: list[str] = []
    scripted.on("dialog", lambda dialog: (alerts.append(dialog.message), dialog.dismiss()))
    scripted.goto("/")
    scripted.get_by_role("textbox", name="Listener").fill(user)
    scripted.get_by_role("button", name="Show").click()
    scripted.wait_for_url("**/listener?**")
    scripted.mouse.move(200, 200)

    assert scripted.get_by_role("heading", level=1).inner_text().split() == f"Listener {user}".split()
    assert "owned" not in scripted.title() or user in scripted.title()
    assert scripted.get_by_role("textbox", name="Listener").input_value() == user
    assert scripted.locator("script, img").count() == 0
    assert alerts == []


def test_nothing_is_fetched_from_elsewhere_and_the_console_is_silent(browser: Browser, address: str) -> None:
    context = browser.new_context(base_url=address)
    page, asked, said = context.new_page(), list[str](), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))

    for path in ("/", "/listener?id=3005"):
        page.goto(path)
    page.goto(f"/listener?id={ACTIVE}")
    context.close()

    assert asked
    assert all(url.startswith(f"{address}/") for url in asked)
    assert said == []


def test_figures_of_a_chart_can_be_opened_as_a_table(page: Page) -> None:
    page.goto("/")
    page.get_by_text("The figures as a table: Drifted features a day").click()

    rows = page.get_by_role("table", name="Drifted features a day").get_by_role("row").all_inner_texts()

    assert rows[-1].split() == ["31", "Mar", "2"]
