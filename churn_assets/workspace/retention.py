"""The retention list as a notebook shows it: whom to call, what that is expected to bring, and the file for callers."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from churn_assets.lake.lake import Lake
from churn_assets.retention.tables import RETENTION_LIST
from churn_assets.retention.terms import Terms
from churn_assets.settings import Settings
from churn_assets.workspace.page import heading, image, page, paragraph, png_of, table

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from churn_assets.retention.effect import Effect
    from churn_assets.retention.listing import Listing

SHOWN = 10
PANEL_INCHES = (4.8, 2.6)
HEADER = ("#", "listener", "arm", "leaves", "level", "expected value", "why")


@dataclass(frozen=True, eq=False, repr=False)
class RetentionList:
    """Whom to call at a cut-off, the highest expected value first; it shows itself as HTML in a notebook.

    `rows` are those of the table `retention_list`. `is_kept` says whether the asset keeps this very list, so that calls
    can be judged by it; a list on other terms is only worked out.
    """

    cutoff: str
    rows: "pd.DataFrame"
    is_kept: bool
    _listing: "Listing"

    @property
    def calls(self) -> "pd.DataFrame":
        """The rows of those who are to be called."""
        return self.rows[self.rows["arm"] == "call"]

    @property
    def held_out(self) -> "pd.DataFrame":
        """The rows of those who are left alone, so that calling can be judged."""
        return self.rows[self.rows["arm"] == "hold_out"]

    @property
    def cost(self) -> float:
        """Money that the calls cost."""
        return float(self.calls["cost"].sum())

    @property
    def expected_value(self) -> float:
        """Money that the calls are expected to bring, their cost paid."""
        return float(self.calls["expected_value"].sum())

    def save(self, path: str | os.PathLike[str], *, calls_only: bool = False) -> Path:
        """Write it as `.csv` or `.parquet`; with `calls_only` without the hold-outs, which is what callers may have."""
        from churn_assets.retention.export import export_list

        return export_list(self.rows, Path(path).expanduser(), calls_only=calls_only)

    @cached_property
    def figure(self) -> "Figure":
        """What calling is expected to bring as it goes on, and who is on the list."""
        from churn_assets.monitoring.panels import paneled
        from churn_assets.retention.chart import panels

        return paneled(panels(self._listing), columns=2, size=PANEL_INCHES)

    @property
    def sentence(self) -> str:
        """The list in figures."""
        return (
            f"{len(self.calls):,} calls for {self.cost:,.2f}, expected to bring {self.expected_value:,.2f}; "
            f"{len(self.held_out):,} held out."
        )

    @property
    def _origin(self) -> str:
        return "as it was kept" if self.is_kept else "worked out on these terms, and not kept"

    def _repr_html_(self) -> str:
        shown = self.rows.head(SHOWN)
        return page(
            f"Retention list of {self.cutoff}",
            heading(f"Whom to call at {self.cutoff}, {self._origin}"),
            paragraph(self.sentence),
            table(f"The first {len(shown)} of {len(self.rows):,}", HEADER, map(_cells, shown.to_dict("records"))),
            image(png_of(self.figure), "Expected money by listeners called, and listeners by level and risk band"),
        )

    def __repr__(self) -> str:
        return f"<Retention list of {self.cutoff}, {self._origin}: {self.sentence} See .rows, .calls, .save(path)>"


def _cells(row: Mapping[Any, Any]) -> tuple[object, ...]:
    reasons = list(row["reasons"])
    worth = (row["churn_probability"], row["level"], row["expected_value"])
    return str(row["rank"]), row["user_id"], row["arm"], *worth, reasons[0] if reasons else ""


def retention_list(lake: Lake, settings: Settings, day: date, changes: Mapping[str, Any]) -> RetentionList:
    """The list of a cut-off on the settings' terms but for `changes`: the one that was kept, if it was made on them.

    RetentionError where the terms make no sense, MissingPartitionError where the cut-off has not been scored.
    """
    from churn_assets.lake.frames import read_frame
    from churn_assets.retention.listing import listing_of

    terms = Terms.of(settings, **changes)
    listing = listing_of(lake, terms, day)
    kept = read_frame(lake.find(RETENTION_LIST, [day.isoformat()]))
    is_kept = changes.get("budget") is None and terms.made(kept)
    if is_kept:
        listing = replace(listing, listed=kept)
    return RetentionList(day.isoformat(), listing.listed, is_kept, listing)


def effect_of_calling(lake: Lake, settings: Settings, campaign: str | None) -> "Effect":
    """What the calls of a campaign did, as far as labels are mature; RetentionError while nothing can be compared."""
    from churn_assets.labels.tables import CHURN_LABELS
    from churn_assets.lake.frames import read_frame
    from churn_assets.retention.effect import LABELLED, LISTED, effect

    listed = read_frame(lake.scan(RETENTION_LIST), LISTED)
    labels = read_frame(lake.find(CHURN_LABELS, lake.keys(RETENTION_LIST)), LABELLED)
    return effect(listed, labels, campaign=campaign or settings.retention_campaign, target=settings.target)
