"""The page and the picture of the drift study."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scipy.stats import beta

PICTURE = "images/drift_power.png"
PAGE = """# How far the input reports can be trusted

Made by `make drift-study` (`benchmarks/drift_alarms.py`). Every figure is the share of windows for which the drift
report *or* the novelty report asks for a retraining (`would_retrain` and `is_novel`, the functions that the sensors
ask), with the default settings: KS statistic above 0.2, PSI above 0.25, new values in more than 10 % of the rows, and a
chance of at most 1 % over all features together in each report. Listeners are drawn with replacement from a simulated
service of {listeners:,} listeners, {repeats} windows a figure (a fifth of that beyond 2,000 listeners). In brackets is
the highest rate that the count leaves possible (95 %, one-sided, Clopper-Pearson). What the rule is, and why:
[decision 25](decisions/0025-drift-verdicts.md). Listeners that the training never saw are reported and are no cause to
retrain ([decision 26](decisions/0026-input-reports.md)).

## False alarms

Nothing has changed. *The same week* draws window after window from the very rows that are the reference. *A later week*
draws them from the newest week of the same unchanged service: real weeks differ a little from each other.

{alarms}

The promise is at most 5 % from 50 listeners on. Below 50 there is no verdict.

## False alarms of whole weeks

Every week after the training of services that never change, all listeners of the week, several seeds.

{unchanged}

A log that is younger than the lookback makes features grow with it. Those are reported as moving with the calendar
until a model is trained on a log that is old enough.

## What is found

`{shifted}` moved by so many of its standard deviations, everything else as it was:

{shifts}

The simulator's covariate shift (phones, other regions, shorter sessions), six weeks after it came:

{strengths}

![power](images/drift_power.png)

## Cost

A report of 200,000 listeners of a window against 200,000 of the reference, all features, without the page:
{seconds:.1f} CPU seconds.
"""


@dataclass(frozen=True)
class Rate:
    """How many of so many windows asked for a retraining."""

    alarms: int
    windows: int

    @property
    def share(self) -> float:
        """The observed share."""
        return self.alarms / self.windows

    @property
    def highest(self) -> float:
        """The highest rate that the count leaves possible, at 95 %, one-sided."""
        return (
            1.0 if self.alarms == self.windows else float(beta.ppf(0.95, self.alarms + 1, self.windows - self.alarms))
        )

    def text(self) -> str:
        """The share with its bound."""
        return f"{self.share:.1%} (≤ {self.highest:.1%})"


@dataclass(frozen=True)
class Figures:
    """What the study found: rates by window size, by planted shift and by strength of a changed world."""

    sizes: Sequence[int]
    same: Sequence[Rate]
    later: Sequence[Rate]
    shift_values: Sequence[float]
    shifts: Mapping[int, Sequence[Rate]]
    power_sizes: Sequence[int]
    strengths: Mapping[float, Sequence[Rate]]
    unchanged: Mapping[str, tuple[Rate, Rate]]
    seconds: float
    repeats: int
    listeners: int
    shifted: str


def write_page(figures: Figures, docs: Path) -> None:
    """Write `drift.md` and its picture below `docs`."""
    (docs / PICTURE).parent.mkdir(parents=True, exist_ok=True)
    draw(figures, docs / PICTURE)
    alarms = zip(figures.sizes, figures.same, figures.later, strict=True)
    text = PAGE.format(
        listeners=figures.listeners,
        repeats=figures.repeats,
        seconds=figures.seconds,
        shifted=figures.shifted,
        alarms=table(
            ["listeners in the window", "the same week", "a later week"],
            [[f"{size:,}", same.text(), later.text()] for size, same, later in alarms],
        ),
        unchanged=table(
            ["log at the training", "weeks", "drift", "novelty"],
            [[name, str(drift.windows), drift.text(), new.text()] for name, (drift, new) in figures.unchanged.items()],
        ),
        shifts=table(
            ["listeners", *(f"{shift:g} SD" for shift in figures.shift_values)],
            [[f"{size:,}", *(f"{rate.share:.0%}" for rate in rates)] for size, rates in figures.shifts.items()],
        ),
        strengths=table(
            ["strength", *(f"{size:,} listeners" for size in figures.power_sizes)],
            [[f"{s:g}", *(f"{rate.share:.0%}" for rate in rates)] for s, rates in figures.strengths.items()],
        ),
    )
    (docs / "drift.md").write_text(text)


def table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    if not rows:
        return "Not measured in this run."
    return "\n".join(
        [f"| {' | '.join(names)} |", f"|{'---|' * len(names)}", *(f"| {' | '.join(row)} |" for row in rows)]
    )


def draw(figures: Figures, path: Path) -> None:
    """Power by the planted shift and by the strength of a changed world, a line a window size."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    panels = 2 if figures.strengths else 1
    figure = Figure(figsize=(4.6 * panels, 3.4), layout="constrained", dpi=110)
    left, right = [*figure.subplots(1, panels, sharey=True, squeeze=False).ravel(), None][:2]
    for number, size in enumerate(figures.power_sizes):
        colour = ("#a29cf0", "#4f43dd", "#1d1470")[number]
        zero = figures.same[figures.sizes.index(size)].share
        by_shift = [zero, *(rate.share for rate in figures.shifts[size])]
        by_strength = [zero, *(rates[number].share for rates in figures.strengths.values())]
        left.plot([0, *figures.shift_values], by_shift, marker="o", ms=4, color=colour, label=f"{size:,} listeners")
        if right is not None:
            right.plot([0, *figures.strengths], by_strength, marker="o", ms=4, color=colour)
    left.set(xlabel=f"shift of {figures.shifted}, standard deviations", ylabel="windows that ask for a retraining")
    if right is not None:
        right.set(xlabel="strength of the simulator's covariate shift")
    for axes in figure.axes:
        axes.axhline(0.05, color="#b3261e", lw=0.8, ls="--")
        axes.spines[["top", "right"]].set_visible(False)
        axes.yaxis.set_major_formatter(lambda share, _place: f"{share:.0%}")
    left.legend(frameon=False, fontsize=8)
    FigureCanvasAgg(figure).print_png(str(path))
