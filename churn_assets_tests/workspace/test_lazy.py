"""Tables as lazy expressions."""

from pathlib import Path

import ibis
import pandas as pd
import pytest

import churn_assets
from churn_assets.errors import MissingPartitionError, UnknownNameError
from churn_assets.ingest.tables import EVENTS
from churn_assets.workspace.catalogue import BY_NAME
from churn_assets.workspace.workspace import Workspace
from churn_assets_tests.end_to_end.service import CUTOFFS, DAYS, Service

TYPES = {"string": "string", "int64": "int64", "float64": "float64", "bool": "boolean", "date": "date"}


def plan_of(ws: Workspace, expression: ibis.Table) -> str:
    """What DuckDB really did to execute an expression."""
    text = f"EXPLAIN ANALYZE {ibis.to_sql(expression, dialect='duckdb')}"
    return str(ws._lazy.backend.raw_sql(text).fetchall()[0][1])


@pytest.mark.parametrize("name", [name for name in BY_NAME if name != "retraining_decision"])
def test_every_table_has_the_columns_and_types_of_its_contract(ws: Workspace, name: str) -> None:
    contract = BY_NAME[name].contract

    schema = ws.table(name).schema()

    assert schema.names == contract.names
    for column in contract.columns:
        kind = schema[column.name]
        assert str(kind) == TYPES.get(column.type.value, str(kind))
        assert kind.is_timestamp() == (column.type.value == "timestamp[ms]")


def test_a_filter_on_the_day_spares_the_files_of_other_days_and_columns(ws: Workspace) -> None:
    events = ws.table("events")

    plan = plan_of(ws, events.filter(events.day >= "2026-02-09").select("user_id", "page"))

    assert f"Scanning Files: 2/{DAYS}" in plan
    assert "Projections: user_id, page" in plan.replace("\n", " ")


def test_a_filter_on_the_cutoff_spares_the_files_of_other_cutoffs(ws: Workspace) -> None:
    features = ws.table("user_features")

    plan = plan_of(ws, features.filter(features.cutoff == CUTOFFS[1]).select("user_id"))

    assert f"Scanning Files: 1/{len(CUTOFFS)}" in plan


def test_what_is_computed_lazily_is_what_pandas_computes(ws: Workspace) -> None:
    events = ws.table("events")

    lazy = events.group_by("page").agg(n=events.count(), days=events.day.nunique()).order_by("page").execute()

    frame = ws.load("events", columns=["page", "day"])
    expected = frame.groupby("page").agg(n=("day", "size"), days=("day", "nunique")).reset_index()
    pd.testing.assert_frame_equal(lazy, expected, check_dtype=False)


def test_tables_can_be_joined_with_each_other(ws: Workspace) -> None:
    features, labels = ws.table("user_features"), ws["churn_labels"]

    joined = features.join(labels, ["user_id", "cutoff"]).count().execute()

    assert joined == len(ws.load("churn_labels"))


def test_a_partition_that_is_made_later_is_seen_by_the_next_execution(copy: Service) -> None:
    ws = churn_assets.connect(copy.settings)
    days = ws.table("events").day.nunique()
    hidden = copy.lake.path(EVENTS, "2026-02-10").parent
    hidden.rename(copy.home / "hidden")

    before = days.execute()
    (copy.home / "hidden").rename(hidden)

    assert (before, days.execute()) == (DAYS - 1, DAYS)


def test_times_are_utc_whatever_the_machine_thinks(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")

    newest = ws.table("events").ts.max().execute()

    assert newest == ws.load("events", day="2026-02-10")["ts"].max()


def test_a_table_that_was_never_made_says_how_to_make_it(ws: Workspace, elsewhere: Path) -> None:
    with pytest.raises(MissingPartitionError, match="Nothing was recorded in retraining_decision yet"):
        ws.table("retraining_decision")
    with pytest.raises(MissingPartitionError, match="Nothing has landed in"):
        churn_assets.connect().table("events")
    with pytest.raises(UnknownNameError, match="did you mean 'events'"):
        ws["event"]
    assert elsewhere.exists()
