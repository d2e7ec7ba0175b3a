"""`make pictures`: photographs of the Dagster UI and of the pages for analysts, for the README.

They are taken of the home that CHURN_HOME names, which our own commands have filled: `CHURN_HOME=/tmp/demo make demo`.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from playwright.sync_api import Browser, FloatRect, Page

from churn_assets.definitions import build_defs
from churn_assets.lake.lake import Lake
from churn_assets.retention.tables import RETENTION_LIST
from churn_assets.settings import Settings
from churn_assets.web.app import create_site
from churn_assets.web.shelf import Shelf, whole
from churn_assets_tests.chromium import chromium
from churn_assets_tests.ui.studio import PATIENCE_MS, Studio, dagster_dev
from churn_assets_tests.web.site import served

IMAGES = Path("docs/images")
SETTLED_MS = 6_000
"""The graph glides to its place, and asks for the state of every asset."""
MARGIN = 12
WIDE, PAGE = {"width": 1900, "height": 1150}, {"width": 1200, "height": 900}


def photograph_graph(browser: Browser, settings: Settings, file: Path) -> None:
    """The whole graph with every group open."""
    graph = build_defs(settings).resolve_asset_graph()
    groups = sorted({graph.get(key).group_name for key in graph.get_all_asset_keys()})
    opened = quote(",".join(f"global@global:{group}" for group in groups))
    with TemporaryDirectory() as folder, dagster_dev(settings, Path(folder) / "dev.log") as address:
        page = browser.new_context(viewport=WIDE).new_page()
        Studio(page, address).graph()
        page.goto(f"{address}/asset-groups?expanded={opened}")
        page.locator("svg foreignObject").filter(has_text="churn_scores").wait_for(timeout=PATIENCE_MS)
        page.wait_for_timeout(SETTLED_MS)
        page.screenshot(path=file, clip=_around(page))


def _around(page: Page) -> FloatRect:
    """The part of the window that holds every node of the graph."""
    boxes = [box for node in page.locator("svg foreignObject").all() if (box := node.bounding_box())]
    left, top = min(box["x"] for box in boxes) - MARGIN, min(box["y"] for box in boxes) - MARGIN
    right = max(box["x"] + box["width"] for box in boxes) + MARGIN
    bottom = max(box["y"] + box["height"] for box in boxes) + MARGIN
    return {"x": left, "y": top, "width": right - left, "height": bottom - top}


def photograph_pages(browser: Browser, settings: Settings, files: Mapping[str, Path]) -> None:
    """The first page, and that of the first listener who is to be called."""
    shelf = Shelf(Lake(Path(settings.lake_url)))
    listed = shelf.kept(RETENTION_LIST, shelf.newest(RETENTION_LIST)[0], ("user_id", "arm"), whole)
    first = str(listed[listed["arm"] == "call"]["user_id"].iloc[0])
    with served(create_site(settings)) as address:
        page = browser.new_context(viewport=PAGE).new_page()
        for path, file in (("/", files["calls"]), (f"/listener?id={quote(first)}", files["listener"])):
            page.goto(f"{address}{path}")
            page.screenshot(path=file)


def main() -> None:
    """Take every picture."""
    settings = Settings()
    if not (settings.dagster_home / "dagster.yaml").exists():
        sys.exit(f"{settings.home} was not filled by our commands: run `CHURN_HOME=… make demo`, then this with it.")
    IMAGES.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        photograph_pages(browser, settings, {name: IMAGES / f"{name}.png" for name in ("calls", "listener")})
        photograph_graph(browser, settings, IMAGES / "graph.png")


if __name__ == "__main__":
    main()
