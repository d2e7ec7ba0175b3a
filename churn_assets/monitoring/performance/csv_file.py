"""A report as a CSV file that people open, whole or not at all."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def write_csv(rows: "pd.DataFrame", path: Path) -> Path:
    """Write `rows` to `path`, replaced at once; days are written as days."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    rows.to_csv(beside, index=False, date_format="%Y-%m-%d")
    beside.replace(path)
    return path
