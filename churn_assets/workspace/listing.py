"""A frame that shows itself whole: for tables that are read, not computed with."""

import pandas as pd

WIDTH = 90
UNKNOWN = "-"


class Listing(pd.DataFrame):
    """A pandas frame whose every row and text is shown; what is cut out of it is an ordinary frame."""

    @property
    def _constructor(self) -> type[pd.DataFrame]:
        return pd.DataFrame

    def __repr__(self) -> str:
        with pd.option_context("display.max_rows", None, "display.width", None, "display.max_columns", None):
            return self.to_string(max_colwidth=WIDTH, na_rep=UNKNOWN)

    def _repr_html_(self) -> str:
        with pd.option_context("display.max_colwidth", None):
            return self.to_html(na_rep=UNKNOWN, escape=True, border=0, max_rows=None)
