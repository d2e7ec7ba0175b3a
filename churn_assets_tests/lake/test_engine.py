from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import ibis
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_assets.contracts.arrow import arrow_schema
from churn_assets.contracts.contract import Column, Contract, Type, day, flag, integer, number, text, timestamp
from churn_assets.features.tables import USER_FEATURES
from churn_assets.labels.tables import CHURN_LABELS
from churn_assets.lake.engine import MANY_PARTITIONS, Engine, to_sql, without_progress_bar
from churn_assets.lake.lake import Lake, Scan
from churn_assets.lake.recipe import Recipe, texts, unbound, whole_numbers
from churn_assets_tests.features.evaluations import requested
from churn_assets_tests.features.memory_batch import memory_batch
from churn_assets_tests.lake.built import CUTOFF, LOG, BuiltLake, build, key
from churn_assets_tests.logs import FIRST, Event

COLUMNS = (
    day("day", "Day."),
    integer("n", "Number."),
    text("word", "Word.", nullable=True),
    number("share", "Share.", nullable=True),
    flag("is_odd", "Odd."),
    timestamp("ts", "Time.", nullable=True),
    Column("words", Type.TEXTS, "Words."),
    Column("content", Type.BYTES, "Bytes."),
)
SOURCE = Contract("source", "a row", COLUMNS, ("n",), ("n",), "day")
COPY = Contract("copy", "a row", COLUMNS, ("n",), ("n",), "day")
OUTCOMES = {"a": (True, False), "b": (True, True)}
SCHEMA = arrow_schema(SOURCE)
MONDAY, TUESDAY, WEDNESDAY = DAYS = ["2024-01-01", "2024-01-02", "2024-01-03"]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "it's a lake")


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return Engine(2, "300MB", tmp_path / "spill")


def row(n: int, **fields: Any) -> dict[str, Any]:
    made = {"n": n, "word": "ü'\"", "share": 0.5, "is_odd": bool(n % 2), "words": ["a", "b"], "content": b"\x00'"}
    return made | {"ts": datetime(2024, 1, 1, 23, 59, 59, 999_000)} | fields  # noqa: DTZ001 — the lake's times are naive


def put(lake: Lake, partition: str, *rows: Mapping[str, Any]) -> None:
    with lake.replacing(SOURCE, partition) as path:
        pq.write_table(pa.Table.from_pylist(list(rows), schema=SCHEMA), path)


def get(lake: Lake, partition: str, contract: Contract = COPY) -> list[dict[str, Any]]:
    return list(pq.ParquetFile(lake.path(contract, partition)).read().to_pylist())


def copying(lake: Lake, *, each: bool = True) -> Recipe:
    return Recipe(COPY, lambda t: t["source"], lambda keys: {"source": lake.find(SOURCE, keys)}, each=each)


@pytest.mark.parametrize("each", [True, False])
def test_rows_come_back_as_they_were_whichever_way(lake: Lake, engine: Engine, *, each: bool) -> None:
    rows = [row(1), row(2, word=None, share=None, ts=None)]
    put(lake, MONDAY, *rows)
    put(lake, TUESDAY, row(3))

    written = engine.write(copying(lake, each=each), [MONDAY, TUESDAY], lake)

    assert (get(lake, MONDAY), get(lake, TUESDAY)) == (rows, [row(3)])
    assert [(w.key, w.rows) for w in written] == [(MONDAY, 2), (TUESDAY, 1)]
    assert [w.size_bytes for w in written] == [lake.path(COPY, w.key).stat().st_size for w in written]


@pytest.mark.parametrize(("most_bytes", "passes"), [(0, [[MONDAY], [TUESDAY], [WEDNESDAY]]), (1 << 20, [DAYS])])
def test_neighbouring_partitions_share_a_pass_while_their_inputs_are_small(
    lake: Lake, engine: Engine, *, most_bytes: int, passes: list[list[str]]
) -> None:
    for n, partition in enumerate(DAYS):
        put(lake, partition, row(n))
    asked: list[list[str]] = []

    def small(keys: Sequence[str], _distinct: object) -> Mapping[str, pa.Table]:
        asked.append(list(keys))
        return {}

    recipe = replace(copying(lake), small=small, pass_bytes=most_bytes)

    written = engine.write(recipe, DAYS, lake)

    assert asked == passes
    assert [get(lake, w.key) for w in written] == [[row(n)] for n in range(3)]


def test_a_pass_of_several_partitions_gives_the_hashes_of_a_pass_each(lake: Lake, engine: Engine) -> None:
    for n, partition in enumerate(DAYS):
        put(lake, partition, *(row(m, word=None if m % 3 else "w") for m in range(n, 50)))

    together = engine.write(replace(copying(lake), pass_bytes=1 << 20), DAYS, lake)
    alone = [engine.write(copying(lake), [partition], lake)[0] for partition in DAYS]

    assert together == alone


def test_sql_writes_a_column_once_however_often_it_is_used() -> None:
    step = unbound(SOURCE).mutate(long=lambda t: (t.n * 17 + 4711) % 1009)

    sql = to_sql(step.mutate(a=step.long + step.long * step.long, b=step.long - 1))

    assert sql.count("4711") == 1


def test_rows_are_stored_in_the_contracts_order(lake: Lake, engine: Engine) -> None:
    put(lake, MONDAY, *(row(n) for n in (3, 1, 2)))

    engine.write(copying(lake), [MONDAY], lake)

    assert [r["n"] for r in get(lake, MONDAY)] == [1, 2, 3]


def test_a_partition_without_rows_is_written_all_the_same(lake: Lake, engine: Engine) -> None:
    (written,) = engine.write(copying(lake), [MONDAY], lake)

    assert (written.rows, get(lake, MONDAY), lake.keys(COPY)) == (0, [], [MONDAY])


def test_expressions_see_times_and_days_as_whole_numbers(lake: Lake, engine: Engine) -> None:
    put(lake, MONDAY, row(1))
    source = unbound(SOURCE)

    seen = engine.frame(source.select("day", "ts"), {"source": lake.scan(SOURCE)})

    assert seen.to_pylist() == [{"day": FIRST, "ts": (FIRST + 1) * 86_400_000 - 1}]


def test_an_empty_scan_is_a_table_without_rows(engine: Engine) -> None:
    seen = engine.frame(unbound(SOURCE), {"source": Scan(SOURCE, ())})

    assert (seen.num_rows, tuple(seen.column_names)) == (0, SOURCE.names)


def test_progress_is_told_of_every_partition(lake: Lake, engine: Engine) -> None:
    put(lake, MONDAY, row(1))
    told: list[tuple[str, int]] = []

    engine.write(copying(lake), [MONDAY, TUESDAY], lake, lambda key, rows: told.append((key, rows)))

    assert told == [(MONDAY, 1), (TUESDAY, 0)]


@pytest.mark.parametrize("each", [True, False])
def test_the_same_rows_give_the_same_hash_in_every_run(tmp_path: Path, *, each: bool) -> None:
    hashes = set()
    for run in range(3):
        lake, engine = Lake(tmp_path / str(run)), Engine(run + 1, "400MB", tmp_path / "spill")
        numbers = np.random.default_rng(run).permutation(150_000)
        words = pa.array([f"w{n % 97}" for n in numbers])
        with lake.replacing(SOURCE, MONDAY) as path:
            pq.write_table(
                filled(len(numbers), n=pa.array(numbers), word=words), path, row_group_size=10_000 * (run + 1)
            )
        hashes.add(engine.write(copying(lake, each=each), [MONDAY], lake)[0].sha256)

    assert len(hashes) == 1


def filled(rows: int, **columns: pa.Array) -> pa.Table:
    """Rows of nulls but for `columns`."""
    nulls = {field.name: pa.nulls(rows, field.type) for field in SCHEMA}
    return pa.table(nulls | columns, schema=SCHEMA)


def test_beyond_its_memory_limit_the_engine_spills_to_disk(tmp_path: Path) -> None:
    engine = Engine(1, "60MB", tmp_path / "sp'ill")
    numbers = ibis.range(0, 1_500_000).unnest().name("n").as_table()
    wide = numbers.mutate(word=(numbers.n * 7919 % 1_500_007).cast("string").lpad(40, "x"))
    query = to_sql(wide.group_by("word").aggregate(rows=lambda t: t.count()).count().as_table())

    with engine.connect() as connection:
        assert connection.sql(query).fetchall() == [(1_500_000,)]
        connection.execute("SET max_temp_directory_size = '0KB'")
        with pytest.raises(duckdb.OutOfMemoryException, match="offload"):
            connection.sql(query).fetchall()


def test_the_real_path_from_raw_lines_to_features_and_labels(built: BuiltLake) -> None:
    features = {(r.pop("user_id"), CUTOFF): r for r in get(built.lake, key(CUTOFF), USER_FEATURES)}
    labels = {r.pop("user_id"): r for r in get(built.lake, key(CUTOFF), CHURN_LABELS)}

    assert features == requested(as_cleaned(), CUTOFF) == memory_batch().features(as_cleaned(), [CUTOFF])
    assert {user: (label["at_risk"], label["churned"]) for user, label in labels.items()} == OUTCOMES
    assert all(written.rows for written in built.written.values())


def as_cleaned() -> list[Event]:
    """The log as the lookups leave it: they know none of its agents and places; lines name their devices."""
    return [replace(e, os=None, browser=None, city=None, region=None, country=None) for e in LOG]


def test_rebuilding_with_fewer_cutoffs_in_the_pass_gives_the_same_hashes(built: BuiltLake, tmp_path: Path) -> None:
    again = build(tmp_path, cutoffs=(CUTOFF,)).written

    assert {name: built.written[name].sha256 for name in again} == {name: w.sha256 for name, w in again.items()}


def test_the_cutoff_column_is_the_folder_read_as_a_time(lake: Lake, engine: Engine) -> None:
    columns = (timestamp("cutoff", "Cut-off."), integer("n", "Number."))
    contract = Contract("readings", "a row", columns, partition="cutoff")
    with lake.replacing(contract, MONDAY) as path:
        pq.write_table(pa.table({"n": [1]}), path)

    seen = engine.frame(unbound(contract), {"readings": lake.scan(contract)})

    assert seen.to_pylist() == [{"cutoff": FIRST * 86_400_000, "n": 1}]
    assert date(2024, 1, 1).isoformat() == MONDAY


def test_large_partitions_of_one_pass_are_cut_into_row_groups_as_if_alone(lake: Lake, engine: Engine) -> None:
    rows = 130_000
    for partition in DAYS[:2]:
        with lake.replacing(SOURCE, partition) as path:
            pq.write_table(large(rows), path)

    together = engine.write(copying(lake, each=False), DAYS[:2], lake)
    groups = [pq.ParquetFile(lake.path(COPY, partition)).metadata.num_row_groups for partition in DAYS[:2]]
    alone = [engine.write(copying(lake), [partition], lake)[0] for partition in DAYS[:2]]

    assert [written.rows for written in together] == [rows, rows]
    assert groups == [2, 2]
    assert [written.sha256 for written in together] == [written.sha256 for written in alone]


def large(rows: int) -> pa.Table:
    """Rows of a source in no order."""
    wide = pa.Table.from_pylist([row(0)], schema=SCHEMA)
    numbers = pa.array(np.random.default_rng(1).permutation(rows))
    many = wide.take(pa.array(np.zeros(rows, dtype=np.int64)))
    return many.set_column(many.schema.get_field_index("n"), SCHEMA.field("n"), numbers)


def test_small_tables_of_whole_numbers_are_what_they_say() -> None:
    table = whole_numbers({"a": [1, -(2**63), 2**63 - 1], "b": (0, 0, 7)})

    assert table.to_pydict() == {"a": [1, -(2**63), 2**63 - 1], "b": [0, 0, 7]}
    assert set(table.schema.types) == {pa.int64()}
    assert whole_numbers({"a": ()}).num_rows == 0


@given(st.lists(st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"])))))
def test_small_tables_of_texts_are_what_they_say(values: list[str | None]) -> None:
    table = texts({"a": values, "b": values[::-1]})

    assert table == pa.table({"a": pa.array(values, pa.string()), "b": pa.array(values[::-1], pa.string())})
    table.validate(full=True)


@pytest.mark.parametrize("is_shown", [True, False])
def test_a_connection_shows_no_progress_bar(is_shown: bool) -> None:  # noqa: FBT001 what a parameter is
    """Where there is none, DuckDB is left alone: a kernel without widgets, where the tour runs, refuses to be told."""
    with duckdb.connect() as connection:
        connection.execute(f"SET enable_progress_bar = {is_shown}")

        without_progress_bar(connection)

        assert connection.execute("SELECT current_setting('enable_progress_bar')").fetchall() == [(False,)]


@pytest.mark.parametrize("partitions", [2, MANY_PARTITIONS, MANY_PARTITIONS + 1])
def test_partitions_of_one_pass_hold_their_own_rows_in_order_however_many(
    lake: Lake, engine: Engine, partitions: int
) -> None:
    keys = [key(FIRST + n) for n in range(partitions)]
    for n, partition in enumerate(keys):
        put(lake, partition, *(row(10 * n + m) for m in (2, 0, 1)))

    written = engine.write(copying(lake, each=False), keys, lake)

    assert [[r["n"] for r in get(lake, w.key)] for w in written] == [
        [10 * n + m for m in range(3)] for n in range(partitions)
    ]
