"""Several small pictures as one figure."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def paneled(panels: Sequence[Callable[["Axes"], None]], *, columns: int, size: tuple[float, float]) -> "Figure":
    """A figure with a panel for each of `panels`, functions that draw on an axes; `size` is a panel's, in inches."""
    from matplotlib.figure import Figure

    columns = min(columns, len(panels))
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(size[0] * columns, size[1] * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for draw, place in zip(panels, axes, strict=False):
        draw(place)
        place.spines[["top", "right"]].set_visible(False)
    for place in axes[len(panels) :]:
        place.set_axis_off()
    return figure
