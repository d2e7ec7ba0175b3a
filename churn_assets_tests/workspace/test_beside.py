"""Beside others: while partitions are replaced, and in a shell that completes names."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell

import churn_assets
from churn_assets.ingest.tables import EVENTS
from churn_assets.workspace.catalogue import BY_NAME
from churn_assets.workspace.workspace import Workspace
from churn_assets_tests.end_to_end.service import Service

DAY = "2026-01-20"
READS = 60
WRITER = """
import shutil, sys, time
from pathlib import Path
from churn_assets.ingest.tables import EVENTS
from churn_assets.lake.lake import Lake
lake, day, ends = Lake(Path(sys.argv[1])), sys.argv[2], time.monotonic() + 60
content = lake.path(EVENTS, day).read_bytes()
while time.monotonic() < ends:
    with lake.replacing(EVENTS, day) as path:
        path.write_bytes(content)
    print("replaced", flush=True)
"""


@pytest.fixture
def replaced(copy: Service) -> Iterator[Workspace]:
    """A workspace of which another process replaces a day over and over, for a minute at most."""
    command = [sys.executable, "-c", WRITER, str(copy.lake.root), DAY]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "replaced\n"
        yield churn_assets.connect(copy.settings)
        writer.kill()


def test_a_reader_never_sees_half_of_a_partition_that_is_being_replaced(replaced: Workspace, service: Service) -> None:
    expected = service.rows(EVENTS, DAY)
    events = replaced.table("events")
    count = events.filter(events.day == DAY).count()

    for _ in range(READS):
        pd.testing.assert_frame_equal(replaced.load("events", day=DAY), expected)
        assert count.execute() == len(expected)
        time.sleep(0)


@pytest.fixture(params=["jedi", "no jedi"])
def shell(ws: Workspace, request: pytest.FixtureRequest) -> InteractiveShell:
    """IPython without a terminal, in which somebody has connected."""
    found = InteractiveShell()
    found.user_ns["ws"] = ws
    found.Completer.use_jedi = request.param == "jedi"
    return found


def completed(shell: InteractiveShell, text: str) -> list[str]:
    """What Tab offers after a text."""
    with provisionalcompleter():
        return [found.text.removeprefix(".") for found in shell.Completer.completions(text, len(text))]


@pytest.mark.filterwarnings("ignore")
def test_tab_completes_methods_tables_and_arguments(shell: InteractiveShell) -> None:
    assert completed(shell, "ws.re") == ["retention_effect", "retention_list"]
    assert completed(shell, 'ws["churn_') == ["churn_labels", "churn_scores"]
    assert set(completed(shell, 'ws["')) >= set(BY_NAME)
    assert {"cutoff=", "day=", "start=", "end=", "columns="} <= set(completed(shell, 'ws.load("events", '))
    assert {"card", "metrics", "predict"} <= set(completed(shell, "ws.model()."))


def test_the_package_tells_type_checkers_that_it_is_typed() -> None:
    assert (Path(churn_assets.__file__).parent / "py.typed").is_file()
