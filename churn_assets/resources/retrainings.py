"""Retrainings as Dagster's runs tell them: which are in flight, which decisions no table has recorded yet."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg

from churn_assets.lake.lake import Lake
from churn_assets.registry.lock import exclusive
from churn_assets.resources.runs import UNFINISHED, in_flight
from churn_assets.retraining.decision import Decision
from churn_assets.retraining.ledger import merged, read_decisions
from churn_assets.retraining.tables import FAILED, RETRAIN

TRIGGER = "churn_assets/trigger"
VERDICT = "churn_assets/verdict"
REPORT_RUN = "churn_assets/report_run"
REPORT_DAY = "churn_assets/report_day"
DECISION_OP = "retraining_decision"
CLAIM = "churn_assets/retraining_claim"
CLAIM_HOLDS = timedelta(minutes=3)
"""A decision to retrain becomes a run within seconds; a claim that is older belongs to a process that died between."""
REMEMBERED = timedelta(days=90)
"""Runs that began earlier are no longer looked at; the table knows their decisions."""


def decision_config(decision: Decision) -> dict[str, Any]:
    """Configuration of a run that carries out or records a decision."""
    return {"ops": {DECISION_OP: {"config": {"decision": decision.to_json()}}}}


def decision_tags(decision: Decision) -> dict[str, str]:
    """Tags of such a run: what set it off, what was decided, and the report that was seen."""
    links = {REPORT_RUN: decision.evidence.get("run"), REPORT_DAY: decision.evidence.get("day")}
    return {TRIGGER: decision.trigger, VERDICT: decision.verdict, **{tag: link for tag, link in links.items() if link}}


def decision_of(run: dg.DagsterRun) -> Decision | None:
    """The decision that a run carries; None for runs of other kinds."""
    told = _at(run.run_config, "ops", DECISION_OP, "config", "decision")
    return Decision.from_json(told) if told else None


def _at(config: Any, *path: str) -> Any:
    for name in path:
        config = config.get(name) if isinstance(config, Mapping) else None
    return config


@dataclass(frozen=True)
class Retrainings:
    """The retrainings of one Dagster instance and one lake; `lock` keeps those who decide apart."""

    instance: dg.DagsterInstance
    lake: Lake
    lock: Path

    @contextmanager
    def deciding(self) -> Iterator[None]:
        """One decision at a time, on this machine."""
        with exclusive(self.lock):
            yield

    def runs(self) -> Sequence[dg.DagsterRun]:
        """Runs that carry out retrainings, the newest first, retries among them."""
        wanted = dg.RunsFilter(tags={VERDICT: RETRAIN}, created_after=datetime.now(UTC) - REMEMBERED)
        return self.instance.get_runs(wanted)

    def in_flight(self, *, now: datetime) -> str | None:
        """In words, a retraining that has not ended, or that is about to start or to be retried."""
        busy = in_flight(self.instance, {VERDICT: RETRAIN})
        if busy:
            return f"Retraining {busy[0].run_id} ({busy[0].tags[TRIGGER]}) is in flight."
        claim = self._claim()
        if claim is not None and now - claim.decided_at < CLAIM_HOLDS and claim.key not in _keys(self.runs()):
            return f"A retraining ({claim.trigger}) is about to start."
        return None

    def claim(self, decision: Decision) -> None:
        """Tell every other sensor that this retraining is about to start."""
        self.instance.daemon_cursor_storage.set_cursor_values({CLAIM: json.dumps(decision.to_json())})

    def _claim(self) -> Decision | None:
        told = self.instance.daemon_cursor_storage.get_cursor_values({CLAIM}).get(CLAIM)
        return Decision.from_json(json.loads(told)) if told else None

    def decisions(self) -> list[Decision]:
        """Every decision in order of time, also those whose run has not recorded them yet."""
        told = [found for run in reversed(self.runs()) if (found := _told_by(run))]
        return sorted(merged(told, read_decisions(self.lake)), key=lambda decision: decision.decided_at)

    def unrecorded_failures(self) -> Iterator[tuple[dg.DagsterRun, Decision]]:
        """Retrainings that ended without success, for good, and that the table does not tell as ended."""
        ended = {decision.key for decision in read_decisions(self.lake) if decision.outcome is not None}
        newest = {decision.key: (run, decision) for run in reversed(self.runs()) if (decision := decision_of(run))}
        for run, decision in newest.values():
            if run.status in UNFINISHED and not run.is_complete_and_waiting_to_retry and decision.key not in ended:
                yield run, decision


def _keys(runs: Sequence[dg.DagsterRun]) -> set[tuple[str, datetime]]:
    return {decision.key for run in runs if (decision := decision_of(run))}


def _told_by(run: dg.DagsterRun) -> Decision | None:
    decision = decision_of(run)
    return replace(decision, outcome=FAILED) if decision and run.status in UNFINISHED else decision
