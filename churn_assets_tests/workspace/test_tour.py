"""The tour of the notebooks, executed in a real kernel."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import nbformat
import pytest

from churn_assets.cli.daemon import environment_of
from churn_assets_tests.end_to_end.service import Service, copied
from churn_assets_tests.workspace.test_reports import FOREIGN
from churn_assets_tests.workspace.tour import KERNEL, SHOWN_HOME, TOUR, cleaned, executed

MOST_BYTES = 600_000
pytestmark = pytest.mark.filterwarnings("ignore:.*Kernel is running over TCP", "ignore::ResourceWarning")


@pytest.fixture(scope="module")
def home(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Service:
    """A copy of the service, since the tour makes something."""
    return copied(service, tmp_path_factory.mktemp("tour") / "home")


@pytest.fixture(scope="module")
def tour(home: Service) -> nbformat.NotebookNode:
    """The tour, executed on it."""
    told = environment_of(home.settings)
    own = {name: value for name, value in told.items() if name.startswith("CHURN_")}
    return executed(TOUR, own)


def shown(notebook: nbformat.NotebookNode) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The source of each cell of code, and what it shows by kind."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            data = {kind: value for output in cell.outputs for kind, value in output.get("data", {}).items()}
            printed = "".join(output.text for output in cell.outputs if output.output_type == "stream")
            yield cell.source, {**data, "printed": printed}


def test_every_cell_runs_and_shows_something(tour: nbformat.NotebookNode) -> None:
    for source, told in shown(tour):
        assert any(told.values()), source


def test_nothing_is_complained_of(tour: nbformat.NotebookNode) -> None:
    complaints = [
        output.text for cell in tour.cells for output in cell.get("outputs", []) if output.get("name") == "stderr"
    ]

    assert complaints == []


def test_the_kept_output_is_of_the_same_kinds(tour: nbformat.NotebookNode) -> None:
    kept = nbformat.read(TOUR, as_version=4)

    assert [(source, set(told)) for source, told in shown(kept)] == [
        (source, set(told)) for source, told in shown(tour)
    ]


def test_what_was_made_is_in_the_history_of_the_home(tour: nbformat.NotebookNode, home: Service) -> None:
    [made] = [told["text/plain"] for source, told in shown(tour) if source.startswith("ws.materialize")]

    with home.session() as session:
        newest = session.instance.get_runs(limit=1)[0]

    assert newest.run_id[:8] in made
    assert "user_features (2026-02-09)" in made


def test_the_progress_of_making_it_is_shown_to_the_end(tour: nbformat.NotebookNode) -> None:
    [bars] = [told["text/html"] for source, told in shown(tour) if source.startswith("ws.materialize")]

    assert '<progress max="1" value="1" aria-label="user_features">' in bars


def test_every_error_of_it_is_one_of_ours(tour: nbformat.NotebookNode) -> None:
    [printed] = [told["printed"] for source, told in shown(tour) if "except ChurnAssetsError" in source]

    kinds = [line.partition(":")[0] for line in printed.splitlines() if line]
    assert kinds == [
        "UnknownNameError",
        "MissingPartitionError",
        "ImmatureLabelError",
        "RegistryError",
        "UnknownNameError",
    ]


def test_the_kept_tour_is_small_and_holds_nothing_of_the_machine_that_made_it() -> None:
    text = TOUR.read_text()
    kept = nbformat.read(TOUR, as_version=4)

    nbformat.validate(kept)
    assert len(text) < MOST_BYTES
    assert dict(kept.metadata) == {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    assert all(not set(cell.metadata) - {"tags"} for cell in kept.cells)
    assert not [word for word in ("/tmp/", "/work/", "/root/", "Traceback") if word in text]
    assert f"<Workspace {SHOWN_HOME}: " in text
    assert [cell.execution_count for cell in kept.cells if cell.cell_type == "code"] == list(
        range(1, sum(cell.cell_type == "code" for cell in kept.cells) + 1)
    )


def test_what_it_shows_needs_nothing_from_elsewhere() -> None:
    for source, told in shown(nbformat.read(TOUR, as_version=4)):
        assert FOREIGN.search(told.get("text/html", "")) is None, source


def test_cleaning_leaves_sources_and_output_alone(tour: nbformat.NotebookNode, home: Service) -> None:
    before = json.loads(json.dumps(tour))

    after = cleaned(nbformat.from_dict(before), home.home)

    assert [cell.source for cell in after.cells] == [cell.source for cell in tour.cells]
    assert str(home.home) not in json.dumps(after)
