from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churn_assets.contracts.arrow import arrow_schema
from churn_assets.contracts.contract import Column, Contract, Type, day, flag, integer, number, text, timestamp
from churn_assets.lake.frames import read_frame
from churn_assets.lake.lake import WHOLE, Lake

VISITS = Contract(
    table="visits",
    row="a visit",
    partition="day",
    columns=(
        day("day", "Day."),
        text("who", "Who."),
        timestamp("ts", "When.", nullable=True),
        integer("pages", "Pages.", nullable=True),
        number("length", "Length.", nullable=True),
        flag("is_paid", "Whether paid."),
        Column("tags", Type.TEXTS, "Tags."),
    ),
)
WEIGHTS = Contract(table="weights", row="a weight", columns=(text("name", "Name."), integer("grams", "Weight.")))
NOON = pd.Timestamp("2026-01-02 12:00")


def visit(who: str, **fields: Any) -> Mapping[str, Any]:
    """A row of VISITS without its day."""
    return {"who": who, "ts": NOON, "pages": 3, "length": 0.5, "is_paid": True, "tags": ["a", "b"], **fields}


def put(lake: Lake, key: str, rows: Sequence[Mapping[str, Any]], contract: Contract = VISITS) -> None:
    """Write one partition."""
    with lake.replacing(contract, key) as path:
        pq.write_table(pa.Table.from_pylist(list(rows), schema=arrow_schema(contract)), path)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Two days: the later one has two rows and was written first."""
    lake = Lake(tmp_path)
    put(lake, "2026-01-10", [visit("b"), visit("a")])
    put(lake, "2026-01-09", [visit("c", is_paid=False)])
    return lake


def test_rows_come_in_order_of_the_partitions_and_inside_as_they_are_stored(lake: Lake) -> None:
    frame = read_frame(lake.scan(VISITS))

    assert tuple(frame.columns) == VISITS.names
    assert frame["who"].tolist() == ["c", "b", "a"]
    assert frame["day"].dt.strftime("%Y-%m-%d").tolist() == ["2026-01-09", "2026-01-10", "2026-01-10"]


def test_only_the_asked_columns_are_there_in_the_asked_order(lake: Lake) -> None:
    frame = read_frame(lake.scan(VISITS), ["pages", "day"])

    assert list(frame.columns) == ["pages", "day"]
    assert frame["pages"].tolist() == [3, 3, 3]


def test_only_the_asked_partitions_are_read(lake: Lake) -> None:
    lake.path(VISITS, "2026-01-09").write_bytes(b"not a Parquet file")

    assert read_frame(lake.scan(VISITS, ["2026-01-10"]))["who"].tolist() == ["b", "a"]


def test_times_are_naive_milliseconds_and_values_keep_their_types(lake: Lake) -> None:
    frame = read_frame(lake.scan(VISITS))

    types = {name: str(kind) for name, kind in frame.dtypes.items()}
    assert types == {
        "day": "datetime64[ms]",
        "who": "object",
        "ts": "datetime64[ms]",
        "pages": "int64",
        "length": "float64",
        "is_paid": "bool",
        "tags": "object",
    }
    assert frame["ts"].iloc[0] == NOON
    assert list(frame["tags"].iloc[0]) == ["a", "b"]


def test_missing_values_stay_missing(lake: Lake) -> None:
    put(lake, "2026-01-11", [visit("d", ts=None, pages=None, length=None)])

    last = read_frame(lake.scan(VISITS, ["2026-01-11"])).iloc[0]

    assert pd.isna(last["ts"])
    assert pd.isna(last["pages"])
    assert pd.isna(last["length"])


@pytest.mark.parametrize("columns", [None, ["day", "ts", "is_paid"]])
def test_no_partition_gives_an_empty_frame_of_the_same_types(lake: Lake, columns: list[str] | None) -> None:
    empty, full = read_frame(lake.scan(VISITS, []), columns), read_frame(lake.scan(VISITS), columns)

    assert len(empty) == 0
    assert empty.dtypes.to_dict() == full.dtypes.to_dict()


def test_a_partition_without_rows_gives_no_rows(lake: Lake) -> None:
    put(lake, "2026-01-12", [])

    frame = read_frame(lake.scan(VISITS, ["2026-01-12"]))

    assert (len(frame), tuple(frame.columns)) == (0, VISITS.names)
    assert str(frame["day"].dtype) == "datetime64[ms]"


def test_a_table_without_partitions_is_read_whole(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    put(lake, WHOLE, [{"name": "feather", "grams": 1}], WEIGHTS)

    assert read_frame(lake.scan(WEIGHTS)).to_dict("records") == [{"name": "feather", "grams": 1}]
