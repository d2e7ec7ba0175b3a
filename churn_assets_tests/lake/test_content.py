from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churn_assets.lake import content
from churn_assets.lake.content import content_of

SCHEMA = pa.schema(
    [
        ("word", pa.string()),
        ("n", pa.int64()),
        ("share", pa.float64()),
        ("is_odd", pa.bool_()),
        ("ts", pa.timestamp("ms")),
        ("day", pa.date32()),
        ("words", pa.list_(pa.string())),
        ("content", pa.binary()),
    ]
)
WORDS = st.sampled_from(["", "a", "b", "ab", "ü", "a long text that no engine keeps inline"])
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "word": st.none() | WORDS,
            "n": st.none() | st.integers(0, 3),
            "share": st.none() | st.floats(allow_nan=False),
            "is_odd": st.none() | st.booleans(),
            "ts": st.none() | st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001 — as stored
            "day": st.none() | st.dates(),
            "words": st.none() | st.lists(st.none() | WORDS, max_size=3),
            "content": st.none() | st.binary(max_size=3),
        }
    ),
    max_size=12,
)
LAYOUTS: Sequence[Mapping[str, Any]] = (
    {},
    {"use_dictionary": False},
    {"row_group_size": 2},
    {"row_group_size": 5, "use_dictionary": ["word", "n"], "compression": "zstd"},
    {"write_statistics": False, "data_page_size": 64, "version": "1.0"},
)


def table_of(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    columns = [pa.array([row[field.name] for row in rows]).cast(field.type, safe=False) for field in SCHEMA]
    return pa.table(columns, schema=SCHEMA)


def hashed(table: pa.Table, folder: Path, **layout: Any) -> str:
    pq.write_table(table, folder / "a.parquet", **layout)
    return content_of(folder / "a.parquet")[1]


@settings(max_examples=25)
@given(rows=ROWS)
def test_equal_rows_have_one_hash_however_they_are_written(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]]
) -> None:
    folder, table = tmp_path_factory.mktemp("layouts"), table_of(rows)

    hashes = {hashed(table, folder, **layout) for layout in LAYOUTS}

    assert len(hashes) == 1


@settings(max_examples=25)
@given(rows=ROWS.filter(bool), others=ROWS, data=st.data())
def test_other_rows_have_another_hash(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[dict[str, Any]],
    others: list[dict[str, Any]],
    data: st.DataObject,
) -> None:
    folder, table = tmp_path_factory.mktemp("rows"), table_of(rows)
    column, at = data.draw(st.sampled_from(SCHEMA.names)), data.draw(st.integers(0, len(rows) - 1))
    changed = [*rows[:at], rows[at] | {column: others[0][column] if others else None}, *rows[at + 1 :]]

    for other in (table_of(others), table_of(changed), table_of(rows[::-1]), table.slice(1)):
        assert (hashed(other, folder) == hashed(table, folder)) == other.equals(table)


def test_a_text_that_moves_to_the_next_row_changes_the_hash(tmp_path: Path) -> None:
    one, other = ({"word": ["a", "ab", "b"]}, {"word": ["aa", "b", "b"]})

    assert hashed(pa.table(one), tmp_path) != hashed(pa.table(other), tmp_path)


def test_names_and_types_count(tmp_path: Path) -> None:
    numbers = pa.array([0, 0], pa.int64())
    tables = [pa.table({"a": numbers}), pa.table({"b": numbers}), pa.table({"a": numbers.cast(pa.float64())})]

    assert len({hashed(table, tmp_path) for table in tables}) == len(tables)


def test_what_stands_below_a_null_does_not_matter(tmp_path: Path) -> None:
    below = [pa.py_buffer(bytes([7 + n, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0])) for n in range(2)]
    tables = [
        pa.table({"n": pa.Array.from_buffers(pa.int64(), 2, [pa.py_buffer(b"\x02"), values])}) for values in below
    ]

    assert len({hashed(table, tmp_path) for table in tables}) == 1


def test_duckdb_and_arrow_write_the_same_content(tmp_path: Path) -> None:
    rows = {"word": ["b", "a", None, "b", "c"], "n": [3, None, 1, 3, 2], "share": [0.5, None, 1e300, -0.0, 2.0]}
    table = pa.table(rows)
    with duckdb.connect() as connection:
        connection.register("rows", table)
        connection.execute(f"COPY (FROM rows) TO '{tmp_path}/b.parquet' (FORMAT parquet, ROW_GROUP_SIZE 2048)")

    assert content_of(tmp_path / "b.parquet") == (5, hashed(table, tmp_path))


@pytest.mark.parametrize("cells", [1, 10, 1 << 23])
def test_how_many_columns_are_read_at_once_does_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cells: int
) -> None:
    table = pa.table({name: [n, n + 1, n] for n, name in enumerate("abcde")})
    expected = hashed(table, tmp_path)

    monkeypatch.setattr(content, "CELLS", cells)

    assert hashed(table, tmp_path) == expected


def test_a_dictionary_in_another_order_than_its_values_is_the_same_content(tmp_path: Path) -> None:
    ordered = pa.array(["a", "b", "a"])
    reverse = pa.DictionaryArray.from_arrays(pa.array([1, 0, 1], pa.int32()), pa.array(["b", "a"]))

    pq.write_table(pa.table({"word": reverse}), tmp_path / "b.parquet")

    assert content_of(tmp_path / "b.parquet")[1] == hashed(pa.table({"word": ordered}), tmp_path)


def test_a_file_without_rows_has_a_hash_that_tells_its_columns(tmp_path: Path) -> None:
    none = SCHEMA.empty_table()

    assert hashed(none, tmp_path) == hashed(none, tmp_path, use_dictionary=False)
    assert hashed(none, tmp_path) != hashed(none.drop_columns("n"), tmp_path)
