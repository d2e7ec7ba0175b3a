"""The tour of the notebooks: executes it in a real kernel, and writes it back with its output.

`make tour` does so for the home that the environment or the project says, as `make demo` leaves it.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

import churn_assets

TOUR = Path(__file__).parents[2] / "docs" / "notebooks" / "tour.ipynb"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
CELL_SECONDS = 300
SHOWN_HOME = "data"
"""How the home is called in the output that is kept."""


def executed(notebook: Path, environment: Mapping[str, str]) -> nbformat.NotebookNode:
    """The notebook with the output of a fresh kernel that runs in its folder with these variables.

    Raises what nbclient raises where a cell fails that is not marked to.
    """
    found = nbformat.read(notebook, as_version=4)
    client = NotebookClient(
        found, timeout=CELL_SECONDS, kernel_name="python3", resources={"metadata": {"path": str(notebook.parent)}}
    )
    client.execute(env={**os.environ, **environment})
    return found


def cleaned(notebook: nbformat.NotebookNode, home: Path) -> nbformat.NotebookNode:
    """The notebook as it is kept: no times of execution, no names of this machine's folders."""
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
        cell.metadata = {name: value for name, value in cell.metadata.items() if name == "tags"}
        for output in cell.get("outputs", []):
            _rename(output, str(home))
    return notebook


def _rename(output: Any, home: str) -> None:
    for part in (output, output.get("data", {})):
        for name, value in part.items():
            if isinstance(value, str) and not name.startswith("image/"):
                part[name] = value.replace(home, SHOWN_HOME)


def main() -> None:
    """Execute the tour and write it back."""
    home = churn_assets.connect().home
    sys.stdout.write(f"Executing {TOUR.name} on {home} ...\n")
    notebook = cleaned(executed(TOUR, {"CHURN_HOME": str(home)}), home)
    nbformat.write(notebook, TOUR)
    sys.stdout.write(f"{TOUR.stat().st_size:,} bytes in {len(notebook.cells)} cells.\n")


if __name__ == "__main__":
    main()
