"""Small pictures of what was written, as Markdown images that the UI shows."""

import base64
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dagster as dg
import numpy as np

from churn_assets.monitoring.panels import paneled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK = "#4f43dd"
COLOURS = 16
THIRD = (3.4, 2.3)
"""Size of a panel, in inches, of which three fit side by side into the dialog in which the UI shows a picture."""
MARKED_POINTS = 40
MAX_BYTES = 30_000
"""Images land in the event database; a bigger one is drawn again with fewer dots per inch."""


def picture(
    panels: Sequence[Callable[["Axes"], None]], *, columns: int = 2, size: tuple[float, float] = (5, 2.6)
) -> dg.MetadataValue[Any]:
    """One image with a panel for each of `panels`, functions that draw on an axes; `size` is a panel's, in inches."""
    figure = paneled(panels, columns=columns, size=size)
    return dg.MetadataValue.md(f"![plot](data:image/png;base64,{base64.b64encode(_png(figure)).decode()})")


def _png(figure: "Figure") -> bytes:
    """The figure as a PNG of few colours, a third of the size of Matplotlib's own."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    content = b""
    for dpi in (100, 75, 55, 40):
        figure.set_dpi(dpi)
        canvas: Any = FigureCanvasAgg(figure)
        canvas.draw()
        image = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB").quantize(COLOURS)
        buffer = io.BytesIO()
        image.save(buffer, "png", optimize=True)
        content = buffer.getvalue()
        if len(content) * 4 / 3 < MAX_BYTES:
            break
    return content


def line(title: str, x: Sequence[Any], y: Sequence[float]) -> Callable[["Axes"], None]:
    """A panel with a line through the points; dates get readable ticks."""

    def draw(axes: "Axes") -> None:
        axes.plot(x, y, color=INK, marker="." if len(x) <= MARKED_POINTS else None)
        axes.set_title(title, loc="left", fontsize=9)
        axes.set_ylim(bottom=0)
        axes.tick_params(labelsize=7)
        axes.locator_params(axis="y", nbins=5)
        axes.xaxis.set_major_locator(_spaced(x))

    return draw


def _spaced(x: Sequence[Any]) -> Any:
    from matplotlib.ticker import FixedLocator

    step = max(1, len(x) // 4)
    return FixedLocator(list(range(0, len(x), step)))


def bars(title: str, names: Sequence[str], values: Sequence[float]) -> Callable[["Axes"], None]:
    """A panel with a horizontal bar for each name, the first on top."""

    def draw(axes: "Axes") -> None:
        axes.barh(range(len(names)), values, color=INK)
        axes.set_yticks(range(len(names)), names, fontsize=7)
        axes.invert_yaxis()
        axes.set_title(title, loc="left", fontsize=9)
        axes.tick_params(axis="x", labelsize=7)

    return draw


def histogram(title: str, edges: Sequence[float], counts: Sequence[float]) -> Callable[["Axes"], None]:
    """A panel with a histogram that was counted already."""

    def draw(axes: "Axes") -> None:
        axes.stairs(counts, edges, fill=True, color=INK)
        axes.set_title(title, loc="left", fontsize=9)
        axes.tick_params(labelsize=7)

    return draw


@dataclass(frozen=True)
class Histogram:
    """Counted values of one column: its name, the ends of its axis, and the count of each of the bins between."""

    name: str
    low: float
    high: float
    counts: Sequence[int]


def small_histograms(histograms: Sequence[Histogram], *, columns: int = 6) -> dg.MetadataValue[Any]:
    """Many histograms in one image, each with its name and the ends of its axis.

    They are shapes on a single axes: one axes for each would take Matplotlib 20 seconds for 50 of them.
    """
    rows = -(-len(histograms) // columns)

    def draw(axes: "Axes") -> None:
        for n, histogram in enumerate(histograms):
            _draw_histogram(axes, histogram, n % columns, rows - 1 - n // columns)
        axes.set(xlim=(0, columns), ylim=(0, rows))
        axes.set_axis_off()

    return picture([draw], columns=1, size=(10, 0.72 * rows))


def _draw_histogram(axes: "Axes", histogram: Histogram, column: int, row: int) -> None:
    tallest = max(histogram.counts, default=0) or 1
    edges = [column + 0.9 * n / len(histogram.counts) for n in range(len(histogram.counts) + 1)]
    heights = [row + 0.18 + 0.55 * n / tallest for n in histogram.counts]
    axes.stairs(heights, edges, baseline=row + 0.18, fill=True, color=INK)
    axes.text(column, row + 0.78, histogram.name, fontsize=6)
    axes.text(column, row + 0.15, f"{histogram.low:.3g}", fontsize=5, va="top")
    axes.text(column + 0.9, row + 0.15, f"{histogram.high:.3g}", fontsize=5, va="top", ha="right")
