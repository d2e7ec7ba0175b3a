"""What the UI shows of drift: every feature in a table, and the worst movers as pictures."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg
import numpy as np

from churn_assets.resources.metadata import markdown_table
from churn_assets.resources.plots import INK, THIRD, picture

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

SHOWN_MOVERS = 6
BINS = 24
SHOWN_LEVELS = 8
LEVEL_NAMES = 3
"""More names than these are slanted, so that they do not run into each other."""
LEAST_NULLS = 0.005
OLD_INK = "#9aa0a6"
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


def by_movement(report: "pd.DataFrame") -> "pd.DataFrame":
    """The rows of a drift report, those furthest beyond their threshold first, the calendar's last."""
    excess = (report["statistic"] / report["threshold"]).fillna(-1.0)
    ordered = report.assign(excess=excess).sort_values(["is_calendar", "excess"], ascending=[True, False])
    return ordered.drop(columns="excess")


def drift_table(report: "pd.DataFrame") -> dg.MetadataValue[Any]:
    """Every feature with test, statistic, threshold, p-values, sample sizes and verdict."""
    shown = by_movement(report)[list(COLUMNS)].astype(object)
    rows = shown.where(shown.notna(), None).to_numpy().tolist()
    return dg.MetadataValue.md(markdown_table(list(COLUMNS.values()), rows))


def movers_chart(report: "pd.DataFrame", reference: "pd.DataFrame", window: "pd.DataFrame") -> dg.MetadataValue[Any]:
    """How the features that moved most are spread in the reference and in the window."""
    worst = by_movement(report).head(SHOWN_MOVERS)
    panels = [_panel(row, reference[row.feature], window[row.feature]) for row in worst.itertuples()]
    return picture(panels, columns=3, size=THIRD)


def _panel(row: Any, reference: "pd.Series[Any]", window: "pd.Series[Any]") -> Callable[["Axes"], None]:
    name = row.feature + (" (calendar)" if row.is_calendar else "")
    measured = "" if np.isnan(row.statistic) else f"  {row.test.upper()} {row.statistic:.2f}"
    draw = _levels if row.kind == "categorical" else _numbers

    def panel(axes: "Axes") -> None:
        draw(axes, reference, window)
        axes.set_title(name + measured, loc="left", fontsize=8, color="#b3261e" if row.verdict == "drift" else "black")
        axes.tick_params(labelsize=6)
        axes.legend(fontsize=6, frameon=False)

    return panel


def _numbers(axes: "Axes", reference: "pd.Series[Any]", window: "pd.Series[Any]") -> None:
    """Shares of the listeners by value, what lies beyond the 99th percentile counted there."""
    old, new = (column.to_numpy(dtype=np.float64, na_value=np.nan) for column in (reference, window))
    known = np.concatenate([old, new])
    known = known[~np.isnan(known)]
    low, high = np.quantile(known, [0.01, 0.99]) if len(known) else (0.0, 1.0)
    edges = np.linspace(low, high if high > low else low + 1.0, BINS + 1)
    for values, colour, name in ((old, OLD_INK, "reference"), (new, INK, "window")):
        kept = values[~np.isnan(values)]
        shares = np.histogram(np.clip(kept, edges[0], edges[-1]), edges)[0] / max(len(values), 1)
        nulls = np.isnan(values).mean() if len(values) else 0.0
        label = f"{name}, {nulls:.0%} null" if nulls >= LEAST_NULLS else name
        axes.stairs(shares, edges, color=colour, label=label, fill=name == "reference", alpha=0.9)


def _levels(axes: "Axes", reference: "pd.Series[Any]", window: "pd.Series[Any]") -> None:
    """Shares of the most frequent categories."""
    old, new = (column.fillna("(none)").value_counts(normalize=True) for column in (reference, window))
    names = (old.add(new, fill_value=0.0)).nlargest(SHOWN_LEVELS).index.tolist()
    places = np.arange(len(names))
    for shares, shift, colour, name in ((old, -0.2, OLD_INK, "reference"), (new, 0.2, INK, "window")):
        heights: Sequence[float] = [float(shares.get(level, 0.0)) for level in names]
        axes.bar(places + shift, heights, 0.4, color=colour, label=name)
    axes.set_xticks(places, [str(level)[:10] for level in names], rotation=30 if len(names) > LEVEL_NAMES else 0)
