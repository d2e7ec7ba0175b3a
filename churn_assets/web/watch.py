"""What the reports say, at a glance: the newest verdicts, and how they came about."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from churn_assets.lake.lake import WHOLE
from churn_assets.monitoring.causes import causes, has_drifted, is_novelty
from churn_assets.monitoring.tables import (
    DRIFT,
    DRIFT_REPORT,
    ESTIMATED,
    NOT_ENOUGH_DATA,
    NOVEL,
    NOVELTY_REPORT,
    OK,
    PERFORMANCE_REPORT,
    REALISED,
    REPLACED,
)
from churn_assets.retraining.tables import RETRAINING_DECISION
from churn_assets.web.chart import Chart, Level, Points, bars
from churn_assets.web.figures import short_day
from churn_assets.web.shelf import Shelf, whole

if TYPE_CHECKING:
    import pandas as pd

SHOWN_DAYS = 28
SHOWN_FEATURES = 5
DRIFT_COLUMNS = ("feature", "verdict", "is_calendar", "n_window", "model_version")
NOVELTY_COLUMNS = ("kind", "feature", "value", "share", "verdict")
PERFORMANCE_COLUMNS = (
    *("model_version", "cutoff", "target", "metric", "kind", "value", "low", "high"),
    *("production", "production_low", "production_high", "verdict"),
)
DECISION_COLUMNS = ("number", "decided_at", "trigger", "verdict", "reason", "outcome")
MEASURED = {"roc_auc": "AUC", "log_loss": "Log-loss"}
SENTENCES = {
    OK: "No metric got worse beyond chance.",
    NOT_ENOUGH_DATA: "Too few cut-offs after the promotion test have matured for a verdict.",
}
GOT_WORSE = "The model got worse beyond chance."


@dataclass(frozen=True)
class Report:
    """The newest report of a kind: its day, its verdict, a sentence, and its charts."""

    title: str
    day: str
    verdict: str
    sentence: str
    charts: tuple[Chart, ...] = ()

    @property
    def tone(self) -> str:
        """How loud it is: calm, open (nothing can be said), or alarm."""
        return {OK: "calm", NOT_ENOUGH_DATA: "open"}.get(self.verdict, "alarm")


@dataclass(frozen=True)
class Finding:
    """A report in short: its verdict, a sentence, and how many rows are a cause to look closer."""

    verdict: str
    sentence: str
    causes: int


def drift(shelf: Shelf) -> Report | None:
    """Whether listeners look different from those that the champion was trained on; None without a report."""
    days = shelf.newest(DRIFT_REPORT, SHOWN_DAYS)
    if not days:
        return None
    found = [shelf.kept(DRIFT_REPORT, day, DRIFT_COLUMNS, drift_finding) for day in days]
    counts = [float(one.causes) for one in found]
    summary = f"Drifted features a day, {short_day(days[0])} to {short_day(days[-1])}: at most {max(counts):.0f}."
    chart = bars("Drifted features a day", summary, [short_day(day) for day in days], counts)
    return Report("Drift", days[-1], found[-1].verdict, found[-1].sentence, (chart,))


def drift_finding(rows: "pd.DataFrame") -> Finding:
    """The rows of a day's drift report in short."""
    moved = causes(rows, has_drifted)["feature"].tolist()
    seen = f"{int(rows['n_window'].max()) if len(rows) else 0:,} listeners of the last days"
    if moved:
        named = ", ".join(moved[:SHOWN_FEATURES]) + (" and others" if len(moved) > SHOWN_FEATURES else "")
        told = f"{len(moved)} of {len(rows)} features moved away from what the champion was trained on: {named}."
        return Finding(DRIFT, told, len(moved))
    if _says_nothing(rows):
        return Finding(NOT_ENOUGH_DATA, f"There are too few listeners to say ({seen}).", 0)
    told = f"None of {len(rows)} features moved away from what the champion was trained on ({seen})."
    return Finding(OK, told, 0)


def novelty(shelf: Shelf) -> Report | None:
    """Whether there is much that the champion never saw; None without a report."""
    days = shelf.newest(NOVELTY_REPORT)
    if not days:
        return None
    found = shelf.kept(NOVELTY_REPORT, days[-1], NOVELTY_COLUMNS, novelty_finding)
    return Report("Novelty", days[-1], found.verdict, found.sentence)


def novelty_finding(rows: "pd.DataFrame") -> Finding:
    """The rows of a day's novelty report in short."""
    found = list(dict.fromkeys(causes(rows, is_novelty)["feature"]))
    if found:
        return Finding(NOVEL, f"Values that training never saw: {', '.join(found)}.", len(found))
    if _says_nothing(rows):
        return Finding(NOT_ENOUGH_DATA, "There are too few listeners to say.", 0)
    return Finding(OK, "Little or nothing that training never saw.", 0)


def _says_nothing(rows: "pd.DataFrame") -> bool:
    return bool((rows["verdict"] == NOT_ENOUGH_DATA).all())


def last_decision(shelf: Shelf) -> Mapping[str, Any] | None:
    """The newest decision whether to retrain, by column; None if nothing was decided yet."""
    if not shelf.newest(RETRAINING_DECISION):
        return None
    return shelf.kept(RETRAINING_DECISION, WHOLE, DECISION_COLUMNS, newest_decision)


def newest_decision(rows: "pd.DataFrame") -> Mapping[str, Any] | None:
    """The last row of the decisions; what is null is None."""
    newest = rows.sort_values("number").tail(1)
    found: list[Any] = newest.astype(object).where(newest.notna(), None).to_dict("records")
    return found[0] if found else None


def performance(shelf: Shelf, target: str) -> Report | None:
    """How good the version that scores today is at cut-offs that it never learned from; None without a report."""
    days = shelf.newest(PERFORMANCE_REPORT)
    if not days:
        return None
    rows = shelf.kept(PERFORMANCE_REPORT, days[-1], PERFORMANCE_COLUMNS, whole)
    own = rows[(rows["target"] == target) & (rows["verdict"] != REPLACED)]
    if own.empty:
        sentence = "The version that scores today has no cut-off yet that it never learned from."
        return Report("Performance", days[-1], NOT_ENOUGH_DATA, sentence)
    newest = own[own["model_version"] == max(own["model_version"], key=_as_number)]
    verdict = str(newest["verdict"].iloc[0])
    charts = tuple(_metric(newest[newest["metric"] == metric], title) for metric, title in MEASURED.items())
    return Report("Performance", days[-1], verdict, SENTENCES.get(verdict, GOT_WORSE), charts)


def _as_number(version: str) -> tuple[int, str]:
    return int(version) if version.isdecimal() else 0, version


def _metric(rows: "pd.DataFrame", title: str) -> Chart:
    """A metric by cut-off: estimated while labels are open, realised once they are known, beside the promotion test."""
    cutoffs = sorted(rows["cutoff"].unique())
    series = tuple(
        Points(name, look, tuple(_value(rows, kind, cutoff) for cutoff in cutoffs))
        for name, look, kind in (("estimated", "dashes", ESTIMATED), ("realised", "dots", REALISED))
    )
    places = tuple(short_day(cutoff) for cutoff in cutoffs)
    known = rows.dropna(subset=["production"])
    levels = tuple(
        Level("promotion test, 95 %", row["production"], row["production_low"], row["production_high"])
        for row in known.head(1).to_dict("records")
    )
    summary = f"{title} at {len(cutoffs)} cut-offs, as estimated and as realised, beside the promotion test."
    return Chart(f"{title} by cut-off", summary, places, series, levels, from_zero=False, decimals=3)


def _value(rows: "pd.DataFrame", kind: str, cutoff: object) -> float | None:
    found = rows[(rows["kind"] == kind) & (rows["cutoff"] == cutoff)]["value"].dropna()
    return float(found.iloc[0]) if len(found) else None
