"""Arrow schemas say what contracts say."""

import pyarrow as pa
import pytest

from churn_assets.contracts.arrow import ARROW_TYPES, arrow_schema
from churn_assets.contracts.contract import Column, Contract, Type, day, integer, timestamp
from churn_assets.ingest.tables import EVENTS, QUARANTINED_LINES, RAW_LOGS, SESSIONS

PLAYS = Contract(
    table="plays",
    row="one play",
    partition="day",
    columns=(
        day("day", "Day."),
        timestamp("ts", "Time."),
        integer("plays", "Plays."),
        Column("tags", Type.TEXTS, "Tags."),
    ),
)


def test_a_file_holds_every_column_but_the_partition() -> None:
    expected = pa.schema([("ts", pa.timestamp("ms")), ("plays", pa.int64()), ("tags", pa.list_(pa.string()))])

    assert arrow_schema(PLAYS) == expected


def test_whole_rows_hold_the_partition_where_the_contract_has_it() -> None:
    schema = arrow_schema(PLAYS, with_partition=True)

    assert schema.names == list(PLAYS.names)
    assert schema.field("day").type == pa.date32()


@pytest.mark.parametrize("contract", [RAW_LOGS, QUARANTINED_LINES, EVENTS, SESSIONS], ids=lambda c: c.table)
def test_every_table_has_a_schema_in_the_order_of_its_columns(contract: Contract) -> None:
    assert arrow_schema(contract).names == [column.name for column in contract.stored]


def test_every_type_of_a_contract_has_an_arrow_type() -> None:
    assert set(ARROW_TYPES) == set(Type)
