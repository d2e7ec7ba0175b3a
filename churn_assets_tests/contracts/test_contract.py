import pyarrow as pa
import pytest

from churn_assets.contracts.arrow import ARROW_TYPES, arrow_schema
from churn_assets.contracts.contract import Contract, Type, day, flag, integer, number, text, timestamp
from churn_assets.features.tables import LISTENER_DAYS, LISTENER_ITEM_GAPS, USER_FEATURES
from churn_assets.ingest.tables import EVENTS, QUARANTINED_LINES, RAW_LOGS, SESSIONS
from churn_assets.labels.tables import CHURN_LABELS, POPULATION
from churn_assets.lake.engine import SQL_TYPES
from churn_assets.lake.recipe import IBIS_TYPES, unbound
from churn_assets.monitoring.tables import DRIFT_REPORT, NOVELTY_REPORT, PERFORMANCE_REPORT
from churn_assets.retention.tables import RETENTION_LIST
from churn_assets.serving.tables import PREDICTION_LOG

TABLES = [
    *(RAW_LOGS, QUARANTINED_LINES, EVENTS, SESSIONS, LISTENER_DAYS, LISTENER_ITEM_GAPS),
    *(USER_FEATURES, POPULATION, CHURN_LABELS, RETENTION_LIST, PREDICTION_LOG),
    *(DRIFT_REPORT, NOVELTY_REPORT, PERFORMANCE_REPORT),
]
EVERY_TABLE = pytest.mark.parametrize("contract", TABLES, ids=lambda contract: contract.table)
VISITS = Contract(
    table="visits",
    row="a visit",
    partition="day",
    columns=(
        day("day", "Day."),
        text("page", "Page.", values=iter(("a", "b"))),
        integer("count", "Count."),
        number("share", "Share.", nullable=True, at_most=1),
        flag("is_late", "Late."),
        timestamp("ts", "Time."),
    ),
)


@EVERY_TABLE
def test_a_table_describes_itself(contract: Contract) -> None:
    assert contract.row
    assert all(column.description.endswith(".") for column in contract.columns)
    assert len(set(contract.names)) == len(contract.names)


@EVERY_TABLE
def test_keys_and_order_are_columns_that_are_never_null(contract: Contract) -> None:
    for name in contract.key:
        assert not contract.column(name).nullable or name == "gap_days"
    assert set(contract.key) | set(contract.order) <= set(contract.names)


@EVERY_TABLE
def test_rows_are_stored_in_an_order_that_the_key_makes_complete(contract: Contract) -> None:
    assert set(contract.key) <= set(contract.order)


@EVERY_TABLE
def test_the_partition_column_lives_in_the_folder_name_alone(contract: Contract) -> None:
    assert contract.partition in contract.names
    assert contract.partition not in arrow_schema(contract).names
    assert arrow_schema(contract, with_partition=True).names == list(contract.names)


@EVERY_TABLE
def test_expressions_see_times_as_whole_numbers(contract: Contract) -> None:
    types = dict(unbound(contract).schema().items())

    times = [c.name for c in contract.columns if c.type in (Type.TIMESTAMP, Type.DATE)]
    assert {str(types[name]) for name in times} <= {"int64"}
    assert unbound(contract).get_name() == contract.table


def test_every_type_is_known_to_every_engine() -> None:
    assert set(Type) == ARROW_TYPES.keys() == IBIS_TYPES.keys() == SQL_TYPES.keys()


def test_columns_become_arrow_fields() -> None:
    assert arrow_schema(VISITS).types == [pa.string(), pa.int64(), pa.float64(), pa.bool_(), pa.timestamp("ms")]
    assert arrow_schema(VISITS, with_partition=True).field("day").type == pa.date32()


def test_short_forms_carry_what_they_are_told() -> None:
    page, share = VISITS.column("page"), VISITS.column("share")

    assert (page.values, VISITS.column("count").at_least) == (("a", "b"), 0)
    assert (share.nullable, share.at_least, share.at_most) == (True, None, 1)
    assert [column.name for column in VISITS.stored] == ["page", "count", "share", "is_late", "ts"]


def test_an_unknown_column_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="pages"):
        VISITS.column("pages")
