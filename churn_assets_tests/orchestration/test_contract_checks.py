"""Contracts as checks that stop what is downstream."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from churn_assets.contracts.contract import Contract, Type, flag, integer, number, text
from churn_assets.contracts.privacy import MASK, masked
from churn_assets.contracts.validation import BROKEN_RULES, Verdict, broken_for_pandera, judge, pandera_schema
from churn_assets.errors import ContractError
from churn_assets.ingest.tables import RAW_LOGS
from churn_assets.lake.engine import Engine
from churn_assets.lake.lake import Lake
from churn_assets.resources.checks import CHECK, run_keys
from churn_assets_tests.orchestration.tiny import Site

COLOURS = Contract(
    table="colours",
    row="a colour",
    columns=(
        text("name", "Name.", values=("red", "o'range")),
        integer("code", "Code.", at_most=9),
        number("weight", "Weight.", nullable=True, at_least=0.5),
        text("first_name", "Who likes it.", nullable=True),
        flag("is_warm", "Whether it is warm."),
    ),
    key=("name", "code"),
)
SCHEMA = pa.schema(
    [("name", pa.string()), ("code", pa.int64()), ("weight", pa.float64()), ("first_name", pa.string())]
).append(pa.field("is_warm", pa.bool_()))


def judged(folder: Path, rows: Sequence[dict[str, Any]], schema: pa.Schema = SCHEMA) -> Verdict:
    """The verdict on a table of these rows."""
    lake = Lake(folder)
    with lake.replacing(COLOURS) as path:
        pq.write_table(pa.Table.from_pylist(list(rows), schema), path)
    return judge(lake.scan(COLOURS), Engine(1, "500MB", folder / "spill"))


def colour(**fields: Any) -> dict[str, Any]:
    """A row that keeps the contract, but for `fields`."""
    return {"name": "red", "code": 1, "weight": 1.0, "first_name": "Trillian", "is_warm": True, **fields}


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"name": None}, "name is not null"),
        ({"name": "blue"}, "name is one of red, o'range"),
        ({"code": -1}, "code >= 0"),
        ({"code": 10}, "code <= 9"),
        ({"weight": float("nan")}, "weight is finite"),
        ({"weight": 0.25}, "weight >= 0.5"),
        ({"is_warm": None}, "is_warm is not null"),
    ],
)
def test_each_broken_rule_is_named_with_its_rows(tmp_path: Path, fields: dict[str, Any], rule: str) -> None:
    verdict = judged(tmp_path, [colour(code=2), colour(**fields)])

    assert verdict.broken == {rule: 1}
    assert verdict.sample[0][BROKEN_RULES] == rule


def test_rows_that_share_a_key_are_all_counted(tmp_path: Path) -> None:
    verdict = judged(tmp_path, [colour(), colour(), colour(code=2)])

    assert verdict.broken == {"(name, code) is unique": 2}
    assert len(verdict.sample) == 2


def test_a_sample_is_short_and_shows_no_names(tmp_path: Path) -> None:
    verdict = judged(tmp_path, [colour(name="blue", code=n % 9) for n in range(5000)])

    assert verdict.broken["name is one of red, o'range"] == 5000
    assert len(verdict.sample) == 10
    assert {row["first_name"] for row in verdict.sample} == {MASK}
    assert masked("first_name", None) is None


def test_a_column_of_another_type_is_named(tmp_path: Path) -> None:
    verdict = judged(tmp_path, [colour(code="1")], SCHEMA.set(1, pa.field("code", pa.string())))

    assert verdict.broken == {"code is int64": 1}


ROWS = st.lists(
    st.builds(
        colour,
        name=st.sampled_from(["red", "o'range", "blue", None]),
        code=st.sampled_from([-1, 0, 9, 10, None]),
        weight=st.sampled_from([0.4, 0.5, 1.0, float("inf"), float("nan"), None]),
        is_warm=st.sampled_from([True, False, None]),
    ),
    max_size=4,
)


@given(rows=ROWS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_pandera_and_the_rules_in_sql_always_agree(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    by_pandera = broken_for_pandera(COLOURS, pa.Table.from_pylist(rows, SCHEMA))

    assert judged(tmp_path, rows).is_kept == (not by_pandera)


def test_every_contract_has_a_pandera_schema() -> None:
    schema = pandera_schema(RAW_LOGS)

    assert list(schema.columns) == list(RAW_LOGS.names)
    assert schema.columns["line"].dtype is not None
    assert RAW_LOGS.column("line").type is Type.INTEGER


def test_a_broken_contract_stops_everything_downstream_and_stays_visible(site: Site) -> None:
    path = site.lake.path(RAW_LOGS, "2024-01-02")
    rows = pq.read_table(path, partitioning=None)
    pq.write_table(rows.set_column(rows.schema.get_field_index("page"), "page", pa.nulls(len(rows), pa.string())), path)
    sessions = len(site.events_of("sessions"))

    with pytest.raises(ContractError, match=r"events breaks its contract .* page is not null: 3"):
        site.run(["events", "sessions"], "2024-01-02")

    assert len(site.events_of("sessions")) == sessions
    assert site.stale()["events"]["2024-01-02"] == "its contract is broken"


def test_a_passing_check_says_how_many_rows_it_saw(made_site: Site) -> None:
    key = dg.AssetCheckKey(dg.AssetKey("events"), CHECK)

    (record,) = made_site.instance.event_log_storage.get_asset_check_execution_history(
        key, limit=10, status={AssetCheckExecutionRecordStatus.SUCCEEDED}
    )

    assert record.event is not None
    evaluation: Any = record.event.dagster_event.event_specific_data  # type: ignore[union-attr]
    assert evaluation.metadata["rows_checked"].value == sum(
        e.metadata["rows"].value for e in made_site.events_of("events")
    )


def test_a_check_sees_the_partitions_of_its_run() -> None:
    days = dg.DailyPartitionsDefinition("2024-01-01", end_date="2024-01-10")
    span = {"dagster/asset_partition_range_start": "2024-01-02", "dagster/asset_partition_range_end": "2024-01-03"}

    assert run_keys(span, days) == ["2024-01-02", "2024-01-03"]
    assert run_keys({"dagster/partition": "2024-01-05"}, days) == ["2024-01-05"]
    assert run_keys({}, days) is run_keys(span, None) is None
