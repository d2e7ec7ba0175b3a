"""What the UI shows of drift: every feature in a table, and the worst movers as pictures."""

from typing import TYPE_CHECKING, Any

import dagster as dg

from churn_assets.monitoring.drift.chart import by_movement, panels
from churn_assets.resources.metadata import markdown_table
from churn_assets.resources.plots import THIRD, picture

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = {
    "feature": "feature",
    "test": "test",
    "statistic": "statistic",
    "threshold": "threshold",
    "p_value": "p-value",
    "adjusted_p_value": "adjusted",
    "n_reference": "reference",
    "n_window": "window",
    "is_calendar": "calendar",
    "verdict": "verdict",
}


def drift_table(report: "pd.DataFrame") -> dg.MetadataValue[Any]:
    """Every feature with test, statistic, threshold, p-values, sample sizes and verdict."""
    shown = by_movement(report)[list(COLUMNS)].astype(object)
    rows = shown.where(shown.notna(), None).to_numpy().tolist()
    return dg.MetadataValue.md(markdown_table(list(COLUMNS.values()), rows))


def movers_chart(report: "pd.DataFrame", reference: "pd.DataFrame", window: "pd.DataFrame") -> dg.MetadataValue[Any]:
    """How the features that moved most are spread in the reference and in the window."""
    return picture(panels(report, reference, window), columns=3, size=THIRD)
