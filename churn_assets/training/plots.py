"""The pictures of an evaluation, as PNG bytes small enough (30 KB) for the Dagster UI; drawn without pyplot's state."""

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from churn_assets.training.evaluation import Evaluation
from churn_assets.training.metrics import TOP, Measurement
from churn_assets.training.misses import Miss, Reason

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MODEL, OTHER, BASELINE = "#1f5fa8", "#c8553d", "#8a8f98"
DOTS_PER_INCH = 90
COLOURS = 64
MOST_FEATURES = 15
SHORT_NAME, SHORTER_NAME, SHORT_VALUE = 22, 18, 8


def draw_all(evaluation: Evaluation) -> Mapping[str, bytes]:
    """Every picture by name, PNG."""
    drawings: dict[str, Callable[[Evaluation], Figure]] = {
        "roc": _roc,
        "precision_recall": _precision_recall,
        "calibration": _calibration,
        "gains": _gains,
        "confusion": _confusion,
        "importance": _importance,
        "misses": _misses,
    }
    return {name: _png(draw(evaluation)) for name, draw in drawings.items()}


def draw_misses(evaluation: Evaluation) -> bytes:
    """The picture of the worst misses alone, PNG."""
    return _png(_misses(evaluation))


def _roc(evaluation: Evaluation) -> "Figure":
    figure, axes = _canvas("ROC", _said(evaluation, "roc_auc", "AUC"))
    axes.plot(evaluation.curves.passed_stayers, evaluation.curves.recall, color=MODEL, label=evaluation.rung)
    axes.plot([0, 1], [0, 1], color=BASELINE, linestyle=":", label="chance")
    return _finished(figure, axes, x="share of stayers flagged", y="share of churners found")


def _precision_recall(evaluation: Evaluation) -> "Figure":
    figure, axes = _canvas("Precision and recall", _said(evaluation, "average_precision", "average precision"))
    axes.plot(evaluation.curves.recall, evaluation.curves.precision, color=MODEL, label=evaluation.rung)
    axes.axhline(_base_rate(evaluation), color=BASELINE, linestyle=":", label="base rate")
    axes.set_ylim(0, 1.02)
    return _finished(figure, axes, x="recall: share of churners found", y="precision")


def _calibration(evaluation: Evaluation) -> "Figure":
    bins = evaluation.curves.calibration
    said, happened = np.array([b.said for b in bins]), np.array([b.happened for b in bins])
    figure, axes = _canvas("Calibration", _said(evaluation, "calibration_error", "expected calibration error"))
    low, high = (np.clip([getattr(b, end) for b in bins], 0, 1) for end in ("low", "high"))
    axes.vlines(said, low, high, color=MODEL, linewidth=1.2)
    axes.plot(said, happened, "o", color=MODEL, markersize=5, label="bins of equal size, 95 %")
    top = 1.05 * max(said.max(), high.max())
    axes.plot([0, top], [0, top], color=BASELINE, linestyle=":", label="perfect")
    return _finished(figure, axes, x="predicted probability", y="share that churned")


def _gains(evaluation: Evaluation) -> "Figure":
    lift = _said(evaluation, "lift_top_10", f"lift in the top {TOP:.0%}")
    figure, axes = _canvas("Gains", lift)
    axes.plot(evaluation.curves.passed, evaluation.curves.recall, color=MODEL, label=evaluation.rung)
    axes.plot([0, 1], [0, 1], color=BASELINE, linestyle=":", label="chance")
    axes.plot([0, _base_rate(evaluation), 1], [0, 1, 1], color=OTHER, linestyle="--", linewidth=1, label="perfect")
    axes.axvline(TOP, color=BASELINE, linewidth=0.8)
    return _finished(figure, axes, x="share of listeners contacted, riskiest first", y="share of churners reached")


def _confusion(evaluation: Evaluation) -> "Figure":
    counts = evaluation.curves.confusion
    cells = np.array([[counts.true_negatives, counts.false_positives], [counts.false_negatives, counts.true_positives]])
    figure, axes = _canvas("Confusion", f"threshold {evaluation.threshold:.2f}, {_said(evaluation, 'f1', 'F1')}")
    shares = cells / np.maximum(cells.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1.4)
    for row, column in np.ndindex(2, 2):
        text = f"{cells[row, column]:,}\n{shares[row, column]:.0%}"
        axes.text(column, row, text, ha="center", va="center", fontsize=12)
    axes.set_xticks([0, 1], ["stays", "churns"])
    axes.set_yticks([0, 1], ["stayed", "churned"])
    axes.set_xlabel("predicted")
    axes.set_ylabel("happened")
    axes.grid(visible=False)
    return figure


def _importance(evaluation: Evaluation) -> "Figure":
    shown = evaluation.importance[:MOST_FEATURES][::-1]
    figure, axes = _canvas("What the model goes by", f"{evaluation.rung}, mean |SHAP| in log-odds")
    axes.barh([_shortened(name) for name, _ in shown], [value for _, value in shown], color=MODEL)
    axes.tick_params(axis="y", labelsize=8)
    axes.grid(visible=False, axis="y")
    return figure


def _misses(evaluation: Evaluation) -> "Figure":
    missed = [miss for miss in evaluation.misses if miss.has_churned]
    false_alarms = [miss for miss in evaluation.misses if not miss.has_churned]
    ordered = [*missed, *false_alarms][::-1]
    figure, axes = _canvas(
        "The worst misses", "what was predicted, and the features that raised (↑) or lowered (↓) it most"
    )
    figure.set_size_inches(6.6, 4.4)
    figure.set_dpi(DOTS_PER_INCH - 10)
    colours = [OTHER if miss.has_churned else MODEL for miss in ordered]
    said = [miss.probability for miss in ordered]
    axes.hlines(range(len(ordered)), 0, said, color=colours, linewidth=3)
    axes.scatter(said, range(len(ordered)), color=colours, s=22, zorder=3)
    axes.axvline(evaluation.threshold, color=BASELINE, linestyle=":")
    for row, miss in enumerate(ordered):
        axes.text(max(miss.probability, evaluation.threshold) + 0.03, row, _why(miss), va="center", fontsize=7)
    axes.set_yticks(range(len(ordered)), [f"{miss.probability:.1%} at {miss.cutoff}" for miss in ordered], fontsize=7)
    axes.set_xlim(0, 1.6)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1])
    axes.set_xlabel("red: churned though rated safe; blue: stayed though rated at risk; dots: threshold", fontsize=8)
    axes.grid(visible=False, axis="y")
    return figure


def _canvas(title: str, subtitle: str) -> "tuple[Figure, Axes]":
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.0, 3.8), dpi=DOTS_PER_INCH, layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(subtitle, fontsize=9, color="#30343b", loc="left")
    figure.suptitle(title, fontsize=12, x=0.02, ha="left", fontweight="bold")
    axes.grid(visible=True, color="#e3e6ea", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _finished(figure: "Figure", axes: "Axes", *, x: str, y: str) -> "Figure":
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.legend(frameon=False, fontsize=8)
    return figure


def _png(figure: "Figure") -> bytes:
    """The figure with a small palette: a third of the bytes and no visible difference."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    image = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    file = BytesIO()
    # An octree keeps a rare colour, such as one red dot, where the median cut would mix it into the greys.
    small = image.quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    small.save(file, format="PNG", optimize=True)
    return file.getvalue()


def _said(evaluation: Evaluation, metric: str, name: str) -> str:
    measured: Measurement = evaluation.headline()[metric]
    if measured.value is None:
        return f"{name} undefined (n = {measured.n:,}, {measured.positives:,} positive)"
    interval = "" if measured.low is None else f" [{measured.low:.3f}, {measured.high:.3f}]"
    return f"{name} {measured.value:.3f}{interval}, n = {measured.n:,}"


def _base_rate(evaluation: Evaluation) -> float:
    measured = evaluation.headline()["log_loss"]
    return measured.positives / measured.n


def _why(miss: Miss) -> str:
    return ", ".join(_weighed(reason) for reason in miss.reasons[:2])


def _weighed(reason: Reason) -> str:
    value = f"{reason.value:.3g}" if isinstance(reason.value, float) else reason.value or "null"
    arrow = "↑" if reason.contribution > 0 else "↓"
    return f"{_shortened(reason.feature, SHORTER_NAME)} {_shortened(value, SHORT_VALUE)} {arrow}"


def _shortened(name: str, most: int = SHORT_NAME) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"
