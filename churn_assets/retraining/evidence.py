"""What the reports say, as evidence for a retraining: which rows are red, and the worst of them in words."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import Any

from churn_assets.contracts.contract import Contract
from churn_assets.monitoring.causes import Row, has_drifted, has_dropped, is_novelty
from churn_assets.monitoring.tables import (
    DRIFT_REPORT,
    NOT_ENOUGH_DATA,
    NOVELTY_REPORT,
    PERFORMANCE_REPORT,
    REPLACED,
)
from churn_assets.retraining.tables import DATA_DRIFT, NOVELTY, PERFORMANCE_DROP

SHOWN_FINDINGS = 5
SHOWN_DAYS = 10
UNDECIDED = (NOT_ENOUGH_DATA, REPLACED)
"""Verdicts that say neither that something is wrong nor that nothing is."""


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
    """A report that is watched: rows of the champion that are a cause set `trigger` off.

    `noun` names what those rows are about, `columns` are those that are worth telling, the first of them the name of
    the finding, and `strength` ranks findings: the strongest are told first.
    """

    trigger: str
    report: Contract
    is_cause: Callable[[Row], bool]
    noun: str
    columns: tuple[str, ...]
    strength: Callable[[Row], float]

    def red_rows(self, rows: Iterable[Row], champion: str | None) -> tuple[Row, ...]:
        """The rows about the champion that set the trigger off, the strongest first.

        A report about another version says nothing of the champion.
        """
        found = [row for row in rows if row["model_version"] == champion and self.is_cause(row)]
        return tuple(sorted(found, key=self.strength, reverse=True))

    def is_calm(self, rows: Iterable[Row], champion: str | None) -> bool:
        """Whether a report says that nothing is wrong with the champion; one without any verdict on it says nothing."""
        about = [row for row in rows if row["model_version"] == champion]
        return any(row["verdict"] not in UNDECIDED for row in about) and not any(self.is_cause(row) for row in about)

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
            "strongest": [{name: _plain(row[name]) for name in self.columns} for row in newest.rows[:SHOWN_FINDINGS]],
            "days": [red.seen.day for red in reds[-SHOWN_DAYS:]],
        }


DRIFT_WATCH = Watch(
    trigger=DATA_DRIFT,
    report=DRIFT_REPORT,
    is_cause=has_drifted,
    noun="drifted features",
    columns=("feature", "test", "statistic", "threshold", "p_value", "n_window"),
    strength=lambda row: (row["statistic"] or 0.0) / (row["threshold"] or 1.0),
)
NOVELTY_WATCH = Watch(
    trigger=NOVELTY,
    report=NOVELTY_REPORT,
    is_cause=is_novelty,
    noun="novelties",
    columns=("feature", "kind", "value", "share", "threshold", "rows"),
    strength=lambda row: row["share"] - row["threshold"],
)


def performance_watch(level: float) -> Watch:
    """What watches performance: the realised metrics that dropped at `level`, CHURN_PERFORMANCE_LEVEL."""
    return Watch(
        trigger=PERFORMANCE_DROP,
        report=PERFORMANCE_REPORT,
        is_cause=partial(has_dropped, level=level),
        noun="metrics that dropped",
        columns=("metric", "cutoff", "value", "production", "p_value", "n"),
        strength=lambda row: -row["p_value"],
    )


def watches(performance_level: float) -> tuple[Watch, ...]:
    """Every report that is watched."""
    return DRIFT_WATCH, performance_watch(performance_level), NOVELTY_WATCH


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
    report has passed once a report of a later day is calm: one with a verdict on the champion, and no cause.
    """
    newest = _by_day([*waiting, *seen])
    rows = {day: list(rows_of(day)) for day in sorted(newest)}
    fresh = _by_day(seen).keys()
    calm_until = max((day for day in fresh if watch.is_calm(rows[day], champion)), default="")
    standing = [day for day in rows if day in fresh or day > calm_until]
    judged = (RedReport(newest[day], watch.red_rows(rows[day], champion)) for day in standing)
    return [red for red in judged if red.rows]


def _by_day(reports: Iterable[Seen]) -> dict[str, Seen]:
    """The newest report of each day."""
    return {report.day: report for report in sorted(reports, key=attrgetter("event"))}


def _plain(value: Any) -> Any:
    """A value as JSON has it; moments are midnights, and told as days."""
    return value.date().isoformat() if isinstance(value, datetime) else value
