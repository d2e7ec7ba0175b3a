"""Charts about models and their scores."""

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg

from churn_assets.lake.engine import Engine
from churn_assets.lake.lake import Scan
from churn_assets.resources.charts import queried
from churn_assets.resources.plots import bars, histogram, picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BINS = 20


def png(image: bytes) -> dg.MetadataValue[Any]:
    """A finished PNG image as metadata that the UI shows."""
    return dg.MetadataValue.md(f"![plot](data:image/png;base64,{base64.b64encode(image).decode()})")


def lines(title: str, x: Sequence[str], series: Mapping[str, Sequence[float]]) -> Callable[["Axes"], None]:
    """A panel with one named line a series."""

    def draw(axes: "Axes") -> None:
        for name, values in series.items():
            axes.plot(x, values, marker=".", linewidth=1, label=name)
        axes.set_title(title, loc="left", fontsize=9)
        axes.tick_params(labelsize=6)
        axes.legend(fontsize=6, ncols=2)

    return draw


def scores_chart(scan: Scan, engine: Engine) -> dg.MetadataValue[Any]:
    """The newest cut-off of the run: how its probabilities are spread, and listeners by risk band."""
    newest = scan.only([scan.keys[-1]])
    counts = dict(
        queried(
            newest, engine, f"SELECT least({BINS - 1}, floor(churn_probability * {BINS})), count(*) FROM t GROUP BY 1"
        )
    )
    banded = dict(queried(newest, engine, "SELECT risk_band, count(*) FROM t GROUP BY 1"))
    bands = ["high", "medium", "low"]
    panels = [
        histogram(
            "churn probability", [n / BINS for n in range(BINS + 1)], [counts.get(float(n), 0) for n in range(BINS)]
        ),
        bars("listeners by risk band", bands, [banded.get(band, 0) for band in bands]),
    ]
    return picture(panels)
