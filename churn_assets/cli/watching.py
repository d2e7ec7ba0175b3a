"""What the daemon does with new reports, told line by line while it does it."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.console import Console

from churn_assets.errors import RetrainingError
from churn_assets.retraining.cursor import Cursor
from churn_assets.retraining.evidence import Watch, red_reports, watches

if TYPE_CHECKING:
    from churn_assets.resources.retrainings import Retrainings
    from churn_assets.resources.runs import Run
    from churn_assets.resources.session import Session

PATIENCE_SECONDS = 1_800.0
POLL_SECONDS = 0.5


@dataclass(frozen=True)
class Start:
    """Where an act began: the newest event of Dagster's log, the runs that there were, and the moment."""

    event: int
    runs: frozenset[str]
    moment: float
    at: datetime


@dataclass
class Watcher:
    """Tells what becomes of the reports of a home whose daemon is running."""

    session: "Session"
    console: Console
    told: dict[str, str] = field(default_factory=dict)

    @property
    def _watches(self) -> tuple[Watch, ...]:
        return watches(self.session.settings.performance_level)

    def wait_for_sensors(self) -> None:
        """Wait until every sensor that watches a report has looked once, so that what follows is no history to it."""
        self._wait("the daemon's sensors", lambda: len(self._cursors()) == len(self._watches))
        self.console.print("A Dagster daemon is running, and its sensors watch the reports.", highlight=False)

    def begin(self) -> Start:
        """Where an act begins."""
        instance = self.session.instance
        newest = instance.event_log_storage.get_maximum_record_id() or 0
        runs = frozenset(run.run_id for run in instance.get_runs())
        return Start(newest, runs, time.monotonic(), datetime.now(UTC))

    def show_reports(self, start: Start) -> None:
        """Say what the reports made since then find about the champion that they are about."""
        for watch in self._watches:
            self.console.print(f"  {self._state_of(watch, start)}", highlight=False)

    def _state_of(self, watch: Watch, start: Start) -> str:
        from churn_assets.resources.report_events import rows_by_day, seen_since

        seen = seen_since(self.session.instance, watch.report, start.event)
        rows_of = rows_by_day(self.session.lake, watch.report)
        champions = sorted({row["model_version"] for report in seen for row in rows_of(report.day)}, key=int)
        for champion in reversed(champions):
            reds = red_reports(watch, [], seen, champion=champion, rows_of=rows_of)
            if reds:
                return f"[red]red[/red]    {watch.finding(reds)}"
        return f"[green]calm[/green]   {watch.report.table}: {len(seen)} days"

    def watch(self, start: Start) -> None:
        """Tell the runs that the daemon starts, until every report has been decided on and all runs have ended."""
        self._wait("the daemon's decisions", lambda: self._is_settled(start))
        for decision in self._known().decisions():
            if decision.decided_at >= start.at and decision.outcome is not None:
                self.console.print(f"  {decision.outcome}: {decision.explanation}", highlight=False)

    def _known(self) -> "Retrainings":
        from churn_assets.resources.retrainings import Retrainings

        session = self.session
        return Retrainings(session.instance, session.lake, session.settings.home / "retraining.lock")

    def tell_runs(self, start: Start) -> None:
        """Say what is new of the runs since then that carry a decision out or record one."""
        newest = self.session.instance.get_runs(limit=20)
        for run in reversed([run for run in newest if run.run_id not in start.runs]):
            self._tell(run, start)

    def _is_settled(self, start: Start) -> bool:
        from churn_assets.resources.runs import in_flight

        session = self.session
        self.tell_runs(start)
        if in_flight(session.instance) or self._known().in_flight(now=datetime.now(UTC)):
            return False
        cursors = self._cursors()
        return all(self._has_decided(watch, cursors) for watch in self._watches)

    def _tell(self, run: "Run", start: Start) -> None:
        from churn_assets.resources.retrainings import TRIGGER, decision_of

        if TRIGGER not in run.tags or self.told.get(run.run_id) == run.status.value:
            return
        is_new = run.run_id not in self.told
        self.told[run.run_id] = run.status.value
        decision = decision_of(run)
        after = f"  {time.monotonic() - start.moment:5.0f} s"
        if is_new and decision is not None:
            self.console.print(f"{after} {decision.trigger}: {decision.verdict}. {decision.reason}", highlight=False)
        if run.is_finished:
            self.console.print(f"{after} run {run.run_id[:8]} ({run.job_name}): {run.status.value}", highlight=False)

    def _has_decided(self, watch: Watch, cursors: Mapping[str, Cursor]) -> bool:
        """Whether the sensor has looked at every report, and none of them waits for the end of the cool-down."""
        from churn_assets.resources.report_events import seen_since

        cursor = cursors.get(watch.trigger)
        return (
            cursor is not None
            and not cursor.waiting
            and not seen_since(self.session.instance, watch.report, cursor.event)
        )

    def _cursors(self) -> dict[str, Cursor]:
        """What the sensors remember, by trigger."""
        found = {}
        for state in self.session.instance.all_instigator_state():
            trigger = state.instigator_name.removesuffix("_sensor")
            text = getattr(state.instigator_data, "cursor", None)
            if text and trigger in {watch.trigger for watch in self._watches}:
                found[trigger] = Cursor.read(text)
        return found

    def _wait(self, what: str, is_done: Callable[[], bool]) -> None:
        ends = time.monotonic() + PATIENCE_SECONDS
        with self.console.status(f"Waiting for {what} …"):
            while not is_done():
                if time.monotonic() > ends:
                    log = self.session.settings.home / "daemon.log"
                    raise RetrainingError(f"Waited {PATIENCE_SECONDS:.0f} s for {what} in vain: see {log}.")
                time.sleep(POLL_SECONDS)
