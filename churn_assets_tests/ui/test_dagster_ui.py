"""The Dagster UI as a newcomer meets it, in a real browser with a real daemon."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from churn_assets_tests.chromium import chromium
from churn_assets_tests.orchestration.tiny import DAYS, FIRST_DAY, LAST_DAY, Site, landed_site
from churn_assets_tests.ui.studio import PATIENCE_MS, Studio, dagster_dev

MADE = (["raw_logs", "quarantined_lines"], ["events"])
FLOW = ("ingest", "features", "labels", "training", "scoring", "monitoring", "retraining")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A service whose logs are read, and whose sessions are still to be made."""
    found = landed_site(tmp_path_factory.mktemp("ui") / "home")
    for assets in MADE:
        found.run(assets, FIRST_DAY.isoformat(), LAST_DAY.isoformat())
    with (found.home / ".dagster" / "dagster.yaml").open("a") as config:
        # As in the homes of our own commands: no dialog that asks for an address first.
        config.write("nux:\n  enabled: false\n")
    yield found
    found.instance.dispose()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests of a module."""
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def studio(site: Site, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """The UI in a window of ordinary size."""
    log = tmp_path_factory.mktemp("dagster") / "dev.log"
    with dagster_dev(site.settings, log) as address:
        page = browser.new_context(viewport={"width": 1600, "height": 1000}).new_page()
        page.set_default_timeout(PATIENCE_MS)
        yield Studio(page, address)
        page.context.close()


def test_groups_follow_each_other_from_left_to_right(studio: Studio, tmp_path: Path) -> None:
    studio.graph()

    places = [studio.left_of(group) for group in FLOW]

    studio.page.screenshot(path=tmp_path / "groups.png")
    assert places == sorted(places)
    assert len(set(places)) == len(places)
    assert studio.left_of("retention") > studio.left_of("scoring")


def test_an_asset_is_materialised_by_clicking_and_turns_green(studio: Studio, site: Site, tmp_path: Path) -> None:
    studio.graph()
    studio.select("sessions")
    studio.page.get_by_text("Every session of a listener, one row for each day that it touches").wait_for()
    studio.wait_until_green("events")
    assert studio.is_missing("sessions")

    studio.materialise_all()

    studio.wait_until_green("sessions")
    studio.page.get_by_text("Passed", exact=True).wait_for()
    studio.page.screenshot(path=tmp_path / "green.png")
    assert len(site.states()["sessions"].materialised) == DAYS
    assert site.states()["sessions"].stale == {}


def test_the_plot_among_the_metadata_can_be_opened(studio: Studio, tmp_path: Path) -> None:
    studio.partition("events", LAST_DAY.isoformat())

    picture = studio.open_plot()

    studio.page.screenshot(path=tmp_path / "plot.png")
    assert picture.evaluate("image => image.complete && image.naturalWidth") > 300
    box, around = picture.bounding_box(), studio.page.get_by_role("dialog").bounding_box()
    assert box is not None
    assert around is not None
    assert box["height"] > 50
    assert box["x"] + box["width"] <= around["x"] + around["width"], "the dialog cuts nothing off"


def test_an_asset_tells_what_it_is_where_it_comes_from_and_where_it_goes(studio: Studio) -> None:
    page = studio.page
    page.goto(f"{studio.address}/assets/events?view=lineage")
    for neighbour in ("raw_logs", "sessions", "listener_days", "listener_item_gaps"):
        studio.node(neighbour).wait_for()
    assert studio.left_of("raw_logs") < studio.left_of("events") < studio.left_of("listener_days")
    studio.node("events").filter(has_text="100% filled").wait_for()
    studio.node("listener_days").filter(has_text="0% filled").wait_for()

    page.goto(f"{studio.address}/assets/events")

    for told in ("Columns", "The listener; never empty.", "Parquet", "stage: ingest", "churn"):
        page.get_by_text(told, exact=True).first.wait_for()
