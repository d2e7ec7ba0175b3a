"""Every promotion, refusal and rollback, append-only and with its evidence, as runs of the MLflow store itself.

A change of champion is three durable steps: the record is written as an intent (a RUNNING run that holds it whole), the
alias moves in one transaction, the record is closed. Killed between any two, the alias still points to exactly one
version, and tells whether the intent took place. So the history travels with the registry, to any MLflow server.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from churn_assets.errors import RegistryError
from churn_assets.registry.lock import exclusive
from churn_assets.registry.promotion import Decision
from churn_assets.registry.registry import CHAMPION, ModelRegistry
from churn_assets.registry.tracking import DECISIONS

Kind = Literal["promotion", "refusal", "rollback"]
State = Literal["done", "pending", "abandoned"]

RECORD = "churn.record"
NOTE = "mlflow.note.content"
MOST_RECORDS = 50_000
STATUS: Mapping[State, str] = {"done": "FINISHED", "pending": "RUNNING", "abandoned": "KILLED"}


@dataclass(frozen=True)
class Record:
    """One entry of the history.

    `champion` is the version in office before, `version` the one it was about. A `pending` record is an intent that
    is being carried out, an `abandoned` one was interrupted before the alias moved. `at` is wall time.
    """

    number: int
    kind: Kind
    version: str
    champion: str | None
    at: datetime
    reason: str
    evidence: Mapping[str, Any] = field(default_factory=dict)
    state: State = "pending"
    run_id: str = field(default="", compare=False)

    @property
    def moves_alias(self) -> bool:
        """Whether the champion changes when it is carried out."""
        return self.kind != "refusal"


@dataclass(frozen=True)
class History:
    """The decisions about the champion of one registry, and the only writer of its alias."""

    registry: ModelRegistry

    def records(self) -> list[Record]:
        """Every decision, the oldest first; an interrupted one is told by where the alias points."""
        champion = self._champion()
        return [
            replace(record, state="done") if record.state == "pending" and _took_place(record, champion) else record
            for record in self._stored()
        ]

    def carry_out(self, decision: Decision, *, at: datetime) -> Record:
        """Promote the challenger or keep the refusal, with the evidence.

        RegistryError if the champion is no longer the one that the decision was made against; ArtifactError if the
        challenger's files were changed.
        """
        evidence = decision.evidence
        with self._writing() as (number, champion):
            if champion != evidence.champion:
                message = (
                    f"The decision was made against champion {evidence.champion or 'none'}, but now it is "
                    f"{champion or 'none'}: compare again (materialise champion_model)."
                )
                raise RegistryError(message)
            kind: Kind = "promotion" if decision.is_promoted else "refusal"
            return self._write(
                Record(number, kind, evidence.challenger, champion, at, decision.reason, evidence.to_json())
            )

    def rollback(self, *, at: datetime, reason: str = "asked for") -> Record:
        """Put the champion before the present one back; again and again walks further back.

        RegistryError if there is none before; ArtifactError if its files were changed.
        """
        with self._writing() as (number, champion):
            earlier = _reign(self.records(), champion)[:-1]
            if champion is None or not earlier:
                message = f"No champion came before {champion or 'the first'}: `churn-assets model` shows the history."
                raise RegistryError(message)
            return self._write(Record(number, "rollback", earlier[-1], champion, at, reason))

    def _write(self, record: Record) -> Record:
        """Intent, move, completion: each durable before the next."""
        if record.moves_alias:
            self.registry.open(self.registry.version(record.version))
        run_id = self._intend(record)
        if record.moves_alias:
            self.registry.point(CHAMPION, record.version)
        self._close(run_id, "done")
        return next(kept for kept in self.records() if kept.run_id == run_id)

    def _intend(self, record: Record) -> str:
        tracking = self.registry.tracking
        known = {k: v for k, v in asdict(record).items() if k not in ("state", "run_id")}
        tags = {RECORD: json.dumps(known | {"at": record.at.isoformat()}), NOTE: record.reason}
        name = f"{record.number:04d} {record.kind} of version {record.version}"
        run = tracking.client().create_run(tracking.experiment_id(DECISIONS), tags=tags, run_name=name)
        return str(run.info.run_id)

    def _close(self, run_id: str, state: State) -> None:
        self.registry.tracking.client().set_terminated(run_id, STATUS[state])

    @contextmanager
    def _writing(self) -> Iterator[tuple[int, str | None]]:
        """Number of the next record and today's champion, with no other writer and no open intent."""
        with exclusive(self.registry.tracking.folder / "champion.lock"):
            champion = self._champion()
            stored = self._stored()
            for record in stored:
                if record.state == "pending":
                    self._close(record.run_id, "done" if _took_place(record, champion) else "abandoned")
            yield max((record.number for record in stored), default=0) + 1, champion

    def _champion(self) -> str | None:
        found = self.registry.find(CHAMPION)
        return None if found is None else found.number

    def _stored(self) -> list[Record]:
        tracking = self.registry.tracking
        runs = tracking.client().search_runs([tracking.experiment_id(DECISIONS)], max_results=MOST_RECORDS)
        records = [_record(run) for run in runs if RECORD in run.data.tags]
        return sorted(records, key=lambda record: record.number)


def _record(run: Any) -> Record:
    data = json.loads(run.data.tags[RECORD])
    states = {status: state for state, status in STATUS.items()}
    at = datetime.fromisoformat(data.pop("at"))
    return Record(**data, at=at, state=states.get(run.info.status, "abandoned"), run_id=run.info.run_id)


def _took_place(record: Record, champion: str | None) -> bool:
    """Whether an intent was carried out, as the alias tells it."""
    return not record.moves_alias or champion == record.version


def _reign(records: list[Record], champion: str | None) -> list[str]:
    """Versions from the first champion to the present one, as a rollback walks them back."""
    reign: list[str] = []
    for record in records:
        match record.state, record.kind:
            case "done", "promotion":
                reign.append(record.version)
            case "done", "rollback" if record.version in reign:
                reign = reign[: len(reign) - reign[::-1].index(record.version)]
            case _:
                pass
    return reign if champion is None or reign[-1:] == [champion] else [*reign, champion]
