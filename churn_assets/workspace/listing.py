"""A frame that shows itself whole: for tables that are read, not computed with."""

from typing import Any

import pandas as pd

from churn_assets.workspace.page import UNKNOWN, page, table

WIDTH = 90
MOST_ROWS, SHOWN_ROWS = 500, 20
"""Of a frame that grew beyond the first, the second are shown."""


class Listing(pd.DataFrame):
    """A pandas frame of which every row and text is shown, and so of what is cut out of it."""

    @property
    def _constructor(self) -> type[pd.DataFrame]:
        return Listing

    def __repr__(self) -> str:
        if len(self) > MOST_ROWS:
            return super().__repr__()
        known = {name: self[name].where(self[name].notna(), UNKNOWN) for name in self.select_dtypes(object).columns}
        with pd.option_context("display.max_rows", None, "display.width", None, "display.max_columns", None):
            return pd.DataFrame(self).assign(**known).to_string(max_colwidth=WIDTH, na_rep=UNKNOWN)

    def _repr_html_(self) -> str:
        if len(self) > MOST_ROWS:
            return pd.DataFrame(self).to_html(max_rows=SHOWN_ROWS)
        names = ["" if name is None else str(name) for name in self.index.names]
        rows = pd.DataFrame(self).reset_index().astype(object).to_numpy().tolist()
        told = f"{len(self)} rows of {', '.join(map(str, self.columns))}"
        return page(
            told, table("", [*names, *map(str, self.columns)], [[_plain(value) for value in row] for row in rows])
        )


def _plain(value: Any) -> Any:
    """Times as text; days without their midnight."""
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat() if value == value.normalize() else value.isoformat(" ", timespec="seconds")
    return value
