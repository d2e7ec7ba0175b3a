"""Retrainings as Dagster's runs tell them: which are in flight, which decisions no table has recorded yet."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg

from churn_assets.forgetting.journal import why_nothing_may_run
from churn_assets.lake.lake import Lake
from churn_assets.registry.lock import exclusive
from churn_assets.registry.tables import CHALLENGER_MODEL
from churn_assets.resources.runs import UNFINISHED, in_flight
from churn_assets.resources.storage import LakeResource
from churn_assets.retraining.cause import Cause, Ground
from churn_assets.retraining.decision import Decision
from churn_assets.retraining.ledger import merged, read_decisions
from churn_assets.retraining.tables import ASKED_FOR, FAILED, RETRAIN, RETRAINING_VERDICTS
from churn_assets.settings import Settings

TRIGGER = "churn_assets/trigger"
VERDICT = "churn_assets/verdict"
RECORDS = "churn_assets/records"
"""Tag of a run that only records a decision, with its verdict: such a run is no retraining."""
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


def recording_tags(decision: Decision) -> dict[str, str]:
    """Tags of a run that only records a decision."""
    return {RECORDS if tag == VERDICT else tag: told for tag, told in decision_tags(decision).items()}


def decision_of(run: dg.DagsterRun) -> Decision | None:
    """The decision that a run carries; None for runs of other kinds."""
    told = _at(run.run_config, "ops", DECISION_OP, "config", "decision")
    return Decision.from_json(told) if told else None


def _at(config: Any, *path: str) -> Any:
    for name in path:
        config = config.get(name) if isinstance(config, Mapping) else None
    return config


@dataclass(frozen=True)
class Failure:
    """A retraining that failed for good: its decision, its first run and the last of its retries."""

    decision: Decision
    first: dg.DagsterRun
    last: dg.DagsterRun


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
        """In words, a retraining that has not ended, or that is about to start or to be retried; or a forgetting."""
        forgotten = why_nothing_may_run(self.lock.parent)  # the lock lies in the home
        if forgotten is not None:
            return forgotten
        busy = in_flight(self.instance, {VERDICT: RETRAIN})
        if busy:
            return f"Retraining {busy[0].run_id} ({busy[0].tags[TRIGGER]}) is in flight."
        training = next((run for run in in_flight(self.instance) if _trains(run)), None)
        if training is not None:
            return f"Run {training.run_id}, which trains, is in flight."
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
        return sorted(merged(told, self.recorded()), key=lambda decision: decision.decided_at)

    @property
    def table_lock(self) -> Path:
        """Held by whoever writes the table, from reading it on."""
        return self.lock.with_name("retraining_decision.lock")

    def recorded(self) -> list[Decision]:
        """What the table holds, then what runs were asked to record and have not, or have failed to."""
        known = read_decisions(self.lake)
        keys = {decision.key for decision in known}
        recorded = [decision for run in reversed(self._recordings()) if (decision := _recorded_by(run))]
        return merged(known, [decision for decision in recorded if decision.key not in keys])

    def _recordings(self) -> Sequence[dg.DagsterRun]:
        since = datetime.now(UTC) - REMEMBERED
        return self.instance.get_runs(dg.RunsFilter(tags={RECORDS: list(RETRAINING_VERDICTS)}, created_after=since))

    def unrecorded_failures(self) -> Iterator[Failure]:
        """Retrainings that ended without success, for good, and that nothing tells as ended or is about to."""
        ended = {decision.key for decision in self.recorded() if decision.outcome is not None}
        for decision, runs in self._attempts().values():
            is_over = runs[-1].status in UNFINISHED and not runs[-1].is_complete_and_waiting_to_retry
            if is_over and decision.key not in ended:
                yield Failure(decision, runs[0], runs[-1])

    def _attempts(self) -> dict[tuple[str, datetime], tuple[Decision, list[dg.DagsterRun]]]:
        """The runs of each retraining, the oldest first, by the key of its decision."""
        wanted = dg.RunsFilter(tags={VERDICT: RETRAIN}, created_after=datetime.now(UTC) - REMEMBERED)
        records = self.instance.get_run_records(wanted, ascending=True)
        began = {record.dagster_run.run_id: record.create_timestamp for record in records}
        attempts: dict[tuple[str, datetime], tuple[Decision, list[dg.DagsterRun]]] = {}
        for run in (record.dagster_run for record in records):
            first = run.get_root_run_id() or run.run_id
            decision = decision_of(run) or asked_in(first, began.get(first, began[run.run_id]))
            attempts.setdefault(decision.key, (decision, []))[1].append(run)
        return attempts


def retrainings_of(settings: Settings, instance: dg.DagsterInstance, storage: LakeResource) -> Retrainings:
    """The retrainings of the settings."""
    return Retrainings(instance, storage.lake, settings.home / "retraining.lock")


def asked_in(run_id: str, at: datetime) -> Decision:
    """The decision of a person who started the job in the UI, where the run did not get as far as telling it."""
    cause = Cause(ASKED_FOR, Ground(None, None), None, "Started by hand in Dagster.", {"asked_in": run_id})
    return Decision.on(cause, verdict=RETRAIN, reason=cause.finding, at=at)


def _recorded_by(run: dg.DagsterRun) -> Decision | None:
    decision = decision_of(run)
    return replace(decision, dagster_run=decision.dagster_run or run.run_id) if decision else None


def _trains(run: dg.DagsterRun) -> bool:
    return dg.AssetKey(CHALLENGER_MODEL.table) in (run.asset_selection or ())


def _keys(runs: Sequence[dg.DagsterRun]) -> set[tuple[str, datetime]]:
    return {decision.key for run in runs if (decision := decision_of(run))}


def _told_by(run: dg.DagsterRun) -> Decision | None:
    decision = decision_of(run)
    return replace(decision, outcome=FAILED) if decision and run.status in UNFINISHED else decision
