"""A list as a file for people: CSV that spreadsheets open safely, or Parquet."""

import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from churn_assets.errors import RetentionError
from churn_assets.retention.arms import CALL

if TYPE_CHECKING:
    import pandas as pd

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection)."""
BETWEEN_REASONS = "; "


def export_list(listed: "pd.DataFrame", path: Path, *, calls_only: bool = False) -> Path:
    """Write a list to `path`, by its ending `.csv` or `.parquet`, replaced at once; RetentionError for another one.

    With `calls_only` the hold-outs are left out: what to give to those who call.
    """
    rows = listed[listed["arm"] == CALL] if calls_only else listed
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        match path.suffix.lower():
            case ".csv":
                _harmless(rows).to_csv(beside, index=False, date_format="%Y-%m-%d", lineterminator="\r\n")
            case ".parquet":
                rows.to_parquet(beside, index=False, compression="zstd")
            case other:
                raise RetentionError(
                    f"A list cannot be written as {other or 'a file without ending'}: use .csv or .parquet."
                )
        return beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _harmless(rows: "pd.DataFrame") -> "pd.DataFrame":
    """The rows with reasons as one text, and an apostrophe before every text that a spreadsheet might run."""
    joined = rows.assign(reasons=rows["reasons"].map(BETWEEN_REASONS.join))
    texts = joined.select_dtypes("object").columns
    return joined.assign(**{name: joined[name].map(_as_text) for name in texts})


def _as_text(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value
