"""The real Dagster UI with its daemon, as `make up` starts them, and how a person finds their way in it."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError

from playwright.sync_api import Locator, Page

from churn_assets.cli.daemon import MODULE, environment_of
from churn_assets.settings import Settings

PATIENCE_S = 240
PATIENCE_MS = 1_000 * PATIENCE_S
STOPS_WITHIN_S = 30
CALM = {"CHURN_FOLLOW_LANDING": "false", "CHURN_RETRAIN": "false"}
"""Sensors run, but start nothing: what happens is what was clicked."""
GREEN = "run_success"
"""Name of the green mark."""


@contextmanager
def dagster_dev(settings: Settings, log: Path) -> Iterator[str]:
    """`dagster dev` of the settings' home on a free port of loopback until the block ends; its address."""
    port = _free_port()
    command = [str(Path(sys.executable).with_name("dagster")), "dev", "-m", MODULE, "-h", "127.0.0.1", "-p", str(port)]
    environment = {**environment_of(settings), **CALM}
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output, start_new_session=True)
    try:
        _wait_for(f"http://127.0.0.1:{port}/server_info", process, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        _stop(process)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait_for(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + PATIENCE_S
    while process.poll() is None and time.monotonic() < end:
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except (URLError, OSError):
            time.sleep(0.3)
        else:
            return
    raise RuntimeError(f"The Dagster UI did not start: {log.read_text()[-3000:]}")


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """Ask it to end as Ctrl-C does, then make sure that nothing of it stays."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(STOPS_WITHIN_S)
    except subprocess.TimeoutExpired:
        pass
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@dataclass(frozen=True)
class Studio:
    """A browser page that looks at a Dagster UI."""

    page: Page
    address: str

    def graph(self) -> None:
        """Open the graph of all assets, groups closed."""
        self.page.goto(f"{self.address}/asset-groups")
        self.node("retraining").wait_for(timeout=PATIENCE_MS)

    def select(self, asset: str) -> None:
        """Find an asset by the search box beside the graph, which opens its group and tells what it is."""
        self.page.get_by_placeholder("Jump to").click()
        self.page.keyboard.type(asset)
        self.page.get_by_text(asset, exact=True).first.wait_for()
        self.page.keyboard.press("Enter")
        self.row(asset).wait_for()

    def row(self, asset: str) -> Locator:
        """An asset of an open group in the list beside the graph."""
        return self.page.get_by_role("button").filter(has=self.page.locator(f'[title="{asset}"]')).first

    def node(self, name: str) -> Locator:
        """The node of a closed group, or of an asset, in the graph; it is only there while it is in view."""
        return self.page.locator("svg foreignObject").filter(has_text=re.compile(rf"^{name}"))

    def left_of(self, name: str) -> float:
        """Where a node begins, from the left."""
        box = self.node(name).bounding_box()
        assert box is not None
        return box["x"]

    def wait_until_green(self, asset: str) -> None:
        """Wait, without loading the page again, until the mark of an asset of an open group is the green one."""
        self.row(asset).get_by_role("img", name=GREEN).wait_for(timeout=PATIENCE_MS)

    def is_missing(self, asset: str) -> bool:
        """Whether the mark of an asset of an open group says that nothing of it was made yet."""
        return self.row(asset).get_by_role("img", name="missing").is_visible()

    def materialise_all(self) -> None:
        """Materialise every partition of the selected asset, by the buttons that a person uses."""
        self.page.get_by_role("button", name="Materialize selected").click()
        dialog = self.page.get_by_role("dialog")
        dialog.get_by_role("button", name="All", exact=True).click()
        dialog.get_by_role("button", name="Launch backfill").click()
        dialog.wait_for(state="hidden", timeout=PATIENCE_MS)

    def partition(self, asset: str, key: str) -> None:
        """Open what is known of a partition."""
        self.page.goto(f"{self.address}/assets/{asset}?view=partitions&partition={key}")
        self.page.get_by_text("Latest materialization").wait_for(timeout=PATIENCE_MS)

    def open_plot(self) -> Locator:
        """Open the plot among the metadata that is shown; the picture."""
        row = self.page.get_by_role("row").filter(has_text=re.compile(r"^plot"))
        row.get_by_text("[Show Markdown]").click()
        picture = self.page.get_by_role("dialog").locator("img")
        picture.wait_for(timeout=PATIENCE_MS)
        return picture
