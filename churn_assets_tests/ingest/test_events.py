from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_assets.contracts.contract import Type
from churn_assets.ingest.events import IDENTITY, events
from churn_assets.ingest.tables import EVENTS, RAW_LOGS
from churn_assets.lake.engine import Engine, to_sql
from churn_assets.lake.lake import Lake
from churn_assets.lake.recipe import unbound
from churn_assets_tests.lake.built import daily_recipes, key, land, lookups
from churn_assets_tests.logs import FIRST, at
from churn_assets_tests.strategies import REQUEST

LINE = dict.fromkeys(RAW_LOGS.names) | {
    "day": FIRST,
    "file": "a.json",
    "line": 1,
    "ts": at(0, 5),
    "user_id": "7",
    "session_id": 1,
    "item_in_session": 0,
    "page": "Home",
}
CLEANING = to_sql(events(unbound(RAW_LOGS)))
Row = Mapping[str, Any]


def line(**fields: Any) -> Row:
    return LINE | fields


def arrow(rows: Sequence[Row]) -> pa.Table:
    kinds = {Type.TEXT: pa.string(), Type.NUMBER: pa.float64()}
    return pa.table(
        {c.name: pa.array([row[c.name] for row in rows], kinds.get(c.type, pa.int64())) for c in RAW_LOGS.columns}
    )


def clean(rows: Sequence[Row]) -> list[dict[str, Any]]:
    with duckdb.connect() as connection:
        for name, table in {"raw_logs": arrow(rows), **lookups()}.items():
            connection.register(name, table)
        return list(connection.sql(f"SELECT * FROM ({CLEANING}) ORDER BY ALL").to_arrow_table().to_pylist())


def test_events_have_the_columns_of_their_contract() -> None:
    (event,) = clean([line()])

    assert tuple(event) == EVENTS.names


def test_visitors_are_no_listeners() -> None:
    assert [event["user_id"] for event in clean([line(user_id=""), line(line=2)])] == ["7"]


def test_of_several_copies_the_first_by_file_then_line_stays() -> None:
    copies = [
        line(file="b.json", line=1, level="b1"),
        line(file="a.json", line=10, level="a10"),
        line(file="a.json", line=9, level="a9"),
    ]

    assert [event["level"] for event in clean(copies)] == ["a9"]


@pytest.mark.parametrize("other", [{"item_in_session": 1}, {"session_id": 2}, {"ts": at(0, 6)}, {"page": "Help"}])
def test_events_that_differ_in_their_identity_both_stay(other: dict[str, Any]) -> None:
    assert len(clean([line(), line(line=2, **other)])) == 2


def test_a_shared_session_id_does_not_make_two_listeners_one() -> None:
    assert len(clean([line(), line(line=2, user_id="8")])) == 2


def test_agents_with_literal_quotes_are_looked_up() -> None:
    (event,) = clean([line(user_agent='"Mozilla"')])

    assert (event["device"], event["os"], event["browser"]) == ("Mobile", "iOS", "Safari")


def test_places_are_looked_up() -> None:
    (event,) = clean([line(location="Louisville, KY-IN")])

    assert (event["city"], event["region"], event["country"]) == ("Louisville", "KY-IN", "United States")


def test_an_unknown_or_absent_agent_or_place_drops_no_event() -> None:
    rows = clean([line(user_agent="?", location="?"), line(line=2, item_in_session=1)])

    assert [(row["device"], row["region"]) for row in rows] == [(None, None), (None, None)]


def test_names_and_agents_do_not_get_into_events() -> None:
    assert not {"first_name", "last_name", "user_agent", "location"} & set(EVENTS.names)


ROWS = st.builds(
    line,
    file=st.sampled_from(("a.json", "b.json")),
    user_id=st.sampled_from(("", "7", "8")),
    ts=st.sampled_from((at(0, 5), at(0, 6))),
    item_in_session=st.integers(0, 1),
    page=st.sampled_from(("Home", "Karaoke")),
    level=st.sampled_from(("free", "paid", None)),
)


def numbered(rows: Sequence[Row]) -> list[Row]:
    return [{**row, "line": number} for number, row in enumerate(rows, 1)]


@REQUEST
@given(st.lists(ROWS, min_size=1, max_size=12).map(numbered), st.data())
def test_clean_events_are_the_first_lines_of_each_identity(rows: list[Row], data: st.DataObject) -> None:
    firsts: dict[tuple[Any, ...], Row] = {}
    for row in sorted(rows, key=lambda row: (row["file"], row["line"])):
        if row["user_id"]:
            firsts.setdefault(tuple(row[name] for name in IDENTITY), row)

    found = clean(data.draw(st.permutations(rows)))

    expected = {identity: row["level"] for identity, row in firsts.items()}
    assert {tuple(row[name] for name in IDENTITY): row["level"] for row in found} == expected
    assert len(found) == len(firsts)


def test_a_replayed_file_changes_no_byte_of_the_partition(tmp_path: Path) -> None:
    lake, engine = Lake(tmp_path), Engine(2, "200MB", tmp_path / "spill")
    recipe = daily_recipes(lake)[0]
    rows = [
        {k: v for k, v in line(line=n + 1, item_in_session=n // 2, level=str(n)).items() if k != "day"}
        for n in range(9)
    ]

    once = land_and_write(lake, engine, recipe, rows)
    twice = land_and_write(lake, engine, recipe, [*rows, *({**row, "file": "b.json"} for row in rows)])

    assert once == twice


def land_and_write(lake: Lake, engine: Engine, recipe: Any, rows: Sequence[Row]) -> list[Any]:
    land(lake, FIRST, rows)
    return engine.write(recipe, [key(FIRST)], lake)
