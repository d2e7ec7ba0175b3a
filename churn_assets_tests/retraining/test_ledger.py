"""Decisions as a table, as configuration, and back."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_assets.contracts.validation import judge
from churn_assets.errors import RetrainingError
from churn_assets.lake.engine import Engine
from churn_assets.lake.lake import Lake
from churn_assets.retraining.decision import Decision
from churn_assets.retraining.ledger import merged, read_decisions, table_of
from churn_assets.retraining.tables import (
    FAILED,
    OUTCOMES,
    PROMOTION,
    RETRAINING_DECISION,
    RETRAINING_VERDICTS,
    TRIGGERS,
)
from churn_assets_tests.retraining.causes import NOON, cause, retrained

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TEXTS = st.none() | st.text("abc é→\"'", max_size=8)
DAYS = st.none() | st.dates(date(2018, 1, 1), date(2030, 1, 1))
MOMENTS = st.integers(0, 2_000_000_000_000).map(lambda ms: EPOCH + timedelta(milliseconds=ms))
DECISIONS = st.builds(
    Decision,
    trigger=st.sampled_from(TRIGGERS),
    cause=st.text("abc", min_size=1),
    champion=TEXTS,
    newest_mature=DAYS,
    as_of=DAYS,
    evidence=st.dictionaries(st.sampled_from(["day", "run", "findings"]), st.text(max_size=5) | st.integers()),
    verdict=st.sampled_from(RETRAINING_VERDICTS),
    reason=st.text(min_size=1, max_size=8),
    decided_at=MOMENTS,
    dagster_run=TEXTS,
    mlflow_run=TEXTS,
    outcome=st.none() | st.sampled_from(OUTCOMES),
    champion_after=TEXTS,
    explanation=TEXTS,
)


def kept(folder: Path, *decisions: Decision) -> Lake:
    """A lake that holds these decisions."""
    lake = Lake(folder)
    with lake.replacing(RETRAINING_DECISION) as path:
        pq.write_table(table_of(decisions), path)
    return lake


@given(DECISIONS)
def test_a_decision_comes_back_from_the_configuration_of_its_run(decision: Decision) -> None:
    assert Decision.from_json(decision.to_json()) == decision


def test_a_decision_comes_back_from_the_lake(tmp_path: Path) -> None:
    decisions = [retrained(), replace(retrained(at=NOON + timedelta(hours=1)), champion=None, newest_mature=None)]

    assert read_decisions(kept(tmp_path, *decisions)) == decisions


def test_the_table_keeps_its_contract(tmp_path: Path) -> None:
    lake = kept(tmp_path, retrained(), retrained(at=NOON + timedelta(hours=1), outcome=FAILED))

    verdict = judge(lake.scan(RETRAINING_DECISION), Engine(1, "500MB", tmp_path / "spill"))

    assert (verdict.rows, dict(verdict.broken)) == (2, {})


def test_a_lake_without_decisions_has_none(tmp_path: Path) -> None:
    assert read_decisions(Lake(tmp_path)) == []
    assert table_of([]).num_rows == 0


def test_a_decision_that_is_told_again_keeps_its_number_and_takes_its_outcome() -> None:
    first, second = retrained(outcome=None), retrained(cause(champion="2"))

    known = merged([first, second], [replace(first, outcome=PROMOTION)])

    assert [decision.outcome for decision in known] == [PROMOTION, "refusal"]
    assert table_of(known)["number"].to_pylist() == [1, 2]


def test_the_same_cause_decided_on_at_another_time_is_another_decision() -> None:
    assert len(merged([retrained()], [retrained(at=NOON + timedelta(milliseconds=1))])) == 2


@pytest.mark.parametrize("config", [{"trigger": "novelty"}, {"decided_at": "yesterday"}, {"decided_at": None}])
def test_a_configuration_that_holds_no_decision_is_refused_in_words(config: dict[str, object]) -> None:
    with pytest.raises(RetrainingError, match="churn-assets retrain"):
        Decision.from_json(config)
