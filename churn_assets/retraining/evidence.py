"""What the reports say, as evidence for a retraining: which rows are red, and the worst of them in words."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from churn_assets.contracts.contract import Contract
from churn_assets.monitoring.tables import DRIFT_REPORT, NOVELTY_REPORT, PERFORMANCE_REPORT
from churn_assets.retraining.tables import DATA_DRIFT, NOVELTY, PERFORMANCE_DROP

SHOWN_FINDINGS = 5
SHOWN_DAYS = 10

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Seen:
    """A materialisation of a day's report: its event in Dagster's log, its run, its day."""

    event: int
    run_id: str
    day: str


@dataclass(frozen=True)
class RedReport:
    """A report that says that something is wrong with the champion, and the rows that say so."""

    seen: Seen
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Watch:
    """A report that is watched: rows of the champion with `verdict` set `trigger` off.

    `noun` names what those rows are about, `columns` are those that are worth telling, the first of them the name of
    the finding, and `strength` ranks findings: the strongest are told first.
    """

    trigger: str
    report: Contract
    verdict: str
    noun: str
    columns: tuple[str, ...]
    strength: Callable[[Row], float]

    def red_rows(self, rows: Iterable[Row], champion: str | None) -> tuple[Row, ...]:
        """The rows about the champion that set the trigger off, the strongest first.

        A report about another version says nothing of the champion; what moves with the calendar alone causes nothing.
        """
        found = [
            row
            for row in rows
            if row["verdict"] == self.verdict and row["model_version"] == champion and not row.get("is_calendar")
        ]
        return tuple(sorted(found, key=self.strength, reverse=True))

    def finding(self, reds: Sequence[RedReport]) -> str:
        """What the red reports say, in one sentence; `reds` are in order of their days."""
        newest = reds[-1]
        named = list(dict.fromkeys(str(row[self.columns[0]]) for row in newest.rows))
        shown = ", ".join(named[:SHOWN_FINDINGS]) + (" …" if len(named) > SHOWN_FINDINGS else "")
        others = len(reds) - 1
        days = f" (and {others} other day{'s' if others > 1 else ''})" if others else ""
        return f"{self.report.table} of {newest.seen.day}{days} finds {len(named)} {self.noun}: {shown}."

    def evidence(self, reds: Sequence[RedReport]) -> dict[str, Any]:
        """The same as plain data: the newest report with its findings, and the days of the others."""
        newest = reds[-1]
        return {
            "report": self.report.table,
            "day": newest.seen.day,
            "run": newest.seen.run_id,
            "findings": len(newest.rows),
            "strongest": [{name: row[name] for name in self.columns} for row in newest.rows[:SHOWN_FINDINGS]],
            "days": [red.seen.day for red in reds[-SHOWN_DAYS:]],
        }


DRIFT_WATCH = Watch(
    trigger=DATA_DRIFT,
    report=DRIFT_REPORT,
    verdict="drift",
    noun="drifted features",
    columns=("feature", "test", "statistic", "threshold", "p_value", "n_window"),
    strength=lambda row: (row["statistic"] or 0.0) / (row["threshold"] or 1.0),
)
NOVELTY_WATCH = Watch(
    trigger=NOVELTY,
    report=NOVELTY_REPORT,
    verdict="novel",
    noun="novelties",
    columns=("feature", "kind", "value", "share", "threshold", "rows"),
    strength=lambda row: row["share"] - row["threshold"],
)
PERFORMANCE_WATCH = Watch(
    trigger=PERFORMANCE_DROP,
    report=PERFORMANCE_REPORT,
    verdict="drop",
    noun="metrics that dropped",
    columns=("metric", "kind", "value", "low", "high", "production", "n"),
    strength=lambda row: abs((row["value"] or 0.0) - (row["production"] or 0.0)),
)
WATCHES = (DRIFT_WATCH, PERFORMANCE_WATCH, NOVELTY_WATCH)


def red_reports(
    watch: Watch,
    waiting: Sequence[Seen],
    seen: Sequence[Seen],
    *,
    champion: str | None,
    rows_of: Callable[[str], Iterable[Row]],
) -> list[RedReport]:
    """The red ones among the reports just `seen` and those still `waiting` for a decision, in order of their days.

    Of several materialisations of a day the newest counts; `rows_of` gives the rows that it holds by now. A waiting
    report has passed once a report of a later day is calm.
    """
    newest = {report.day: report for report in sorted([*waiting, *seen], key=lambda report: report.event)}
    judged = [RedReport(newest[day], watch.red_rows(rows_of(day), champion)) for day in sorted(newest)]
    fresh = {report.day for report in seen}
    calm_until = max((red.seen.day for red in judged if red.seen.day in fresh and not red.rows), default="")
    return [red for red in judged if red.rows and (red.seen.day in fresh or red.seen.day > calm_until)]
