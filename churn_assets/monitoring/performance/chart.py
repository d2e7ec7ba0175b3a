"""Pictures of a performance report: each tested metric over the cut-offs, realised beside estimated and production."""

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

TITLES = {
    "roc_auc": "AUC",
    "log_loss": "log-loss (nats a listener)",
    "base_rate": "share that churned",
    "average_precision": "average precision",
}
REALISED_INK, ESTIMATE_INK, PRODUCTION_INK = "#4f43dd", "#c8553d", "#8a8f98"
MOST_TICKS = 6


def panels(rows: "pd.DataFrame") -> list[Callable[["Axes"], None]]:
    """A panel a metric; `rows` are those of PERFORMANCE_REPORT of one day, one version and its own target."""
    return [
        _panel(rows[rows["metric"] == metric], title, has_legend=place == 0)
        for place, (metric, title) in enumerate(TITLES.items())
    ]


def _panel(rows: "pd.DataFrame", title: str, *, has_legend: bool) -> Callable[["Axes"], None]:
    cutoffs = [moment.date() for moment in sorted(rows["cutoff"].unique())]

    def draw(axes: "Axes") -> None:
        axes.set_title(title, loc="left", fontsize=9)
        axes.tick_params(labelsize=7)
        if rows.empty:
            axes.text(0.5, 0.5, "no honest cut-off yet", ha="center", transform=axes.transAxes, fontsize=8)
            return
        _draw_production(axes, rows, cutoffs)
        _draw_estimate(axes, rows[rows["kind"] == "estimated"], cutoffs)
        _draw_realised(axes, rows[rows["kind"] == "realised"].dropna(subset="value"), cutoffs)
        _label(axes, cutoffs)
        if has_legend:
            axes.legend(fontsize=6, edgecolor="none", framealpha=0.85, loc="best")

    return draw


def _draw_production(axes: "Axes", rows: "pd.DataFrame", cutoffs: list[date]) -> None:
    value, low, high = (rows[name].iloc[0] for name in ("production", "production_low", "production_high"))
    ends = [-0.5, len(cutoffs) - 0.5]
    axes.plot(ends, [value, value], color=PRODUCTION_INK, linestyle=":", linewidth=1.2, label="promotion test, 95 %")
    axes.fill_between(ends, low, high, color=PRODUCTION_INK, alpha=0.18, linewidth=0)


def _draw_estimate(axes: "Axes", rows: "pd.DataFrame", cutoffs: list[date]) -> None:
    places = _places(rows, cutoffs)
    axes.plot(places, rows["value"], color=ESTIMATE_INK, linewidth=1.6, label="estimated, 95 %")
    axes.vlines(places, rows["low"], rows["high"], color=ESTIMATE_INK, linewidth=4, alpha=0.3)


def _draw_realised(axes: "Axes", rows: "pd.DataFrame", cutoffs: list[date]) -> None:
    if rows.empty:
        return
    places = [place + 0.18 for place in _places(rows, cutoffs)]
    axes.plot(places, rows["value"], "o", color=REALISED_INK, markersize=3.5, label="realised, 95 %")
    axes.vlines(places, rows["low"], rows["high"], color=REALISED_INK, linewidth=1.1)


def _places(rows: "pd.DataFrame", cutoffs: list[date]) -> list[float]:
    return [float(cutoffs.index(moment.date())) for moment in rows["cutoff"]]


def _label(axes: "Axes", cutoffs: list[date]) -> None:
    step = -(-len(cutoffs) // MOST_TICKS)
    places = range(0, len(cutoffs), step)
    axes.set_xticks(list(places), [f"{cutoffs[place]:%d %b}" for place in places])
    axes.set_xlim(-0.6, len(cutoffs) - 0.4)
    axes.locator_params(axis="y", nbins=5)
