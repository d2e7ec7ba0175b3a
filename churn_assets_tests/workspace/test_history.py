"""The list of everything that was decided."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from churn_assets.lake.lake import Lake
from churn_assets.registry.history import Record
from churn_assets.retraining.decision import Decision
from churn_assets.retraining.ledger import table_of
from churn_assets.retraining.tables import RETRAINING_DECISION
from churn_assets.workspace.history import decided

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def at(hours: int) -> datetime:
    """Some hours after noon."""
    return NOON + timedelta(hours=hours)


@dataclass(frozen=True)
class Told:
    """Records as a history tells them."""

    kept: list[Record]

    def records(self) -> list[Record]:
        return self.kept


def decision(hours: int, **told: Any) -> Decision:
    """A decision on a drift."""
    known = {"champion": "1", "newest_mature": date(2026, 1, 1), "as_of": date(2026, 2, 1), "evidence": {}}
    known |= {"trigger": "data_drift", "cause": f"c{hours}", "verdict": "retrain", "reason": "It drifted."}
    return Decision(**(known | told), decided_at=at(hours))


def keep(lake: Lake, *decisions: Decision) -> Lake:
    """Write the decisions."""
    with lake.replacing(RETRAINING_DECISION) as path:
        pq.write_table(table_of(decisions), path)
    return lake


def seen(records: list[Record], lake: Lake) -> list[tuple[Any, ...]]:
    """The rows of the history without their reasons."""
    frame = decided(Told(records), lake)  # type: ignore[arg-type]
    return list(frame.drop(columns=["when", "why"]).itertuples(index=False, name=None))


def test_champions_and_retrainings_stand_in_the_order_of_their_clock(tmp_path: Path) -> None:
    records = [
        Record(1, "promotion", "1", None, at(0), "First.", state="done"),
        Record(2, "refusal", "2", "1", at(4), "No better.", state="done"),
        Record(3, "rollback", "1", "3", at(9), "Asked for.", state="done"),
    ]
    lake = keep(
        Lake(tmp_path),
        decision(2, outcome="refusal", champion_after="1"),
        decision(6, verdict="cool-down"),
        decision(7, outcome="promotion", champion_after="3"),
    )

    assert seen(records, lake) == [
        ("champion", "promotion", "1", None, "1"),
        ("retraining (data_drift)", "retrain: refusal", None, "1", "1"),
        ("champion", "refusal", "2", "1", "1"),
        ("retraining (data_drift)", "cool-down", None, "1", "1"),
        ("retraining (data_drift)", "retrain: promotion", None, "1", "3"),
        ("champion", "rollback", "1", "3", "1"),
    ]


def test_what_was_interrupted_says_so_and_changed_no_champion(tmp_path: Path) -> None:
    records = [Record(1, "promotion", "2", "1", at(0), "Better.", state="abandoned")]

    assert seen(records, Lake(tmp_path)) == [("champion", "promotion (abandoned)", "2", "1", "1")]


def test_times_are_naive_utc(tmp_path: Path) -> None:
    frame = decided(Told([Record(1, "promotion", "1", None, at(0), "First.", state="done")]), Lake(tmp_path))  # type: ignore[arg-type]

    assert frame["when"].iloc[0] == pd.Timestamp("2026-03-01 12:00")


def test_before_the_first_decision_there_are_no_rows(tmp_path: Path) -> None:
    frame = decided(None, Lake(tmp_path))

    assert frame.empty
    assert "decision" in frame.columns
