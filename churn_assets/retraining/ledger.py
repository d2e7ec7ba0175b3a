"""The decisions as the table `retraining_decision` keeps them: append-only, completed once the outcome is known."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from churn_assets.cutoffs import midnight
from churn_assets.lake.lake import Lake
from churn_assets.retraining.decision import Decision
from churn_assets.retraining.tables import RETRAINING_DECISION

if TYPE_CHECKING:
    import pyarrow as pa

DAYS = ("newest_mature", "as_of")


def merged(*known: Iterable[Decision]) -> list[Decision]:
    """Each decision once, in order of its first telling, as its last telling has it."""
    return list({decision.key: decision for part in known for decision in part}.values())


def table_of(decisions: Sequence[Decision]) -> "pa.Table":
    """Rows of the contract, numbered from 1 in order."""
    import pyarrow as pa

    from churn_assets.contracts.arrow import arrow_schema

    rows = [_row(number, decision) for number, decision in enumerate(decisions, start=1)]
    return pa.Table.from_pylist(rows, arrow_schema(RETRAINING_DECISION))


def read_decisions(lake: Lake) -> list[Decision]:
    """The decisions that the lake holds, the oldest first; none before the first was recorded."""
    import pyarrow.parquet as pq

    paths = lake.find(RETRAINING_DECISION).paths
    return [_decision(row) for path in paths for row in pq.read_table(path, partitioning=None).to_pylist()]


def _row(number: int, decision: Decision) -> dict[str, Any]:
    told = {column.name: getattr(decision, column.name, None) for column in RETRAINING_DECISION.columns}
    days = {name: _moment(getattr(decision, name)) for name in DAYS}
    evidence = json.dumps(decision.evidence, sort_keys=True, default=str)
    at = decision.decided_at.astimezone(UTC).replace(tzinfo=None)
    return {**told, **days, "number": number, "evidence": evidence, "decided_at": at}


def _moment(day: date | None) -> datetime | None:
    return None if day is None else midnight(day)


def _decision(row: dict[str, Any]) -> Decision:
    days = {name: _day(row[name]) for name in DAYS}
    at = row["decided_at"].replace(tzinfo=UTC)
    known = {name: value for name, value in row.items() if name != "number"}
    return Decision(**{**known, **days, "evidence": json.loads(row["evidence"]), "decided_at": at})


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()
