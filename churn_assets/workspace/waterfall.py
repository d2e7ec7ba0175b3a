"""The waterfall of an explanation: how each feature moves the log-odds from the average listener to this one.

After the waterfall plot of Lundberg and Lee's SHAP library; read from top to bottom, labels in words.
"""

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from churn_assets.workspace.explanation import Explanation

RAISES, LOWERS, REST = "#c8553d", "#1f5fa8", "#8a8f98"
MOST_BARS = 9
LABEL_CHARACTERS = 52
BAR_HEIGHT = 0.62
ROW_INCHES, HEAD_INCHES, WIDTH_INCHES = 0.46, 1.5, 10.0
MARGIN = 0.16
"""Share of the span of all bars that is left free beside them, for their numbers."""


@dataclass(frozen=True)
class Bar:
    """One step of the waterfall, from `start` by `push` log-odds."""

    label: str
    start: float
    push: float
    colour: str

    @property
    def end(self) -> float:
        """Where the next step starts."""
        return self.start + self.push


def waterfall(explanation: "Explanation") -> "Figure":
    """Draw it, without pyplot's state: the caller shows or saves it."""
    from matplotlib.figure import Figure

    steps = bars(explanation)
    height = HEAD_INCHES + ROW_INCHES * len(steps)
    figure = Figure(figsize=(WIDTH_INCHES, height), layout="constrained")
    axes = figure.add_subplot()
    for row, step in enumerate(steps):
        _draw(axes, step, row, has_next=row + 1 < len(steps))
    _frame(axes, steps, explanation)
    figure.suptitle(_title(explanation), x=0.01, ha="left", fontsize=13, fontweight="bold")
    return figure


def bars(explanation: "Explanation") -> list[Bar]:
    """The strongest contributions one after the other, then all others together, up to the listener's log-odds."""
    told = explanation.contributions
    steps: list[Bar] = []
    at = explanation.base_log_odds
    for words, push in zip(told["words"][:MOST_BARS], told["contribution"][:MOST_BARS], strict=True):
        steps.append(Bar(words, at, push, RAISES if push > 0 else LOWERS))
        at += push
    others = told["contribution"][MOST_BARS:]
    if len(others):
        steps.append(Bar(f"{len(others)} other features together", at, float(others.sum()), REST))
    return steps


def _draw(axes: "Axes", step: Bar, row: int, *, has_next: bool) -> None:
    axes.barh(row, step.push, left=step.start, height=BAR_HEIGHT, color=step.colour)
    side = 1 if step.push > 0 else -1
    axes.annotate(
        f"{step.push:+.2f}",
        (step.end, row),
        xytext=(4 * side, 0),
        textcoords="offset points",
        ha="left" if side > 0 else "right",
        va="center",
        fontsize=9,
        color=step.colour,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
    )
    if has_next:
        half = BAR_HEIGHT / 2
        axes.plot([step.end, step.end], [row + half, row + 1 - half], color=REST, linewidth=0.8, linestyle=":")


def _frame(axes: "Axes", steps: list[Bar], explanation: "Explanation") -> None:
    start, end = steps[0].start, steps[-1].end
    edges = [edge for step in steps for edge in (step.start, step.end)]
    room = MARGIN * (max(edges) - min(edges) or 1.0)
    axes.set_xlim(min(edges) - room, max(edges) + room)
    axes.set_ylim(len(steps) - 0.4, -0.6)
    axes.set_yticks(range(len(steps)), ["\n".join(textwrap.wrap(step.label, LABEL_CHARACTERS)) for step in steps])
    axes.tick_params(axis="y", labelsize=9, length=0)
    axes.set_xlabel("log-odds of leaving, before calibration; red raises the risk, blue lowers it", fontsize=9)
    for edge in (start, end):
        axes.axvline(edge, color=REST, linewidth=0.8, zorder=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    ends = {start: f"knowing nothing: {explanation.base_probability:.1%}", end: f"{explanation.probability:.1%}"}
    top = axes.secondary_xaxis("top")
    top.set_xticks(list(ends), list(ends.values()), fontsize=9)
    top.spines["top"].set_visible(False)


def _title(explanation: "Explanation") -> str:
    return (
        f"Listener {explanation.user_id} at {explanation.cutoff}: {explanation.probability:.1%} likely to leave "
        f"({explanation.risk_band} risk)"
    )
