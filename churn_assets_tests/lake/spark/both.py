"""The same log made into tables by DuckDB and by Spark, and what differs."""

import math
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from churn_assets.contracts.arrow import arrow_schema
from churn_assets.contracts.contract import Contract
from churn_assets.ingest.tables import RAW_LOGS
from churn_assets.lake.engine import Maker, Written
from churn_assets.lake.lake import Lake
from churn_assets_tests.lake.built import CUTOFF, LOG, BuiltLake, build, cutoff_recipes, daily_recipes
from churn_assets_tests.logs import Log

RELATIVE = 1e-9
Cell = Any


def made_by_duckdb(folder: Path, log: Log = LOG, cutoffs: Sequence[int] = (CUTOFF, CUTOFF + 7)) -> BuiltLake:
    """Every table of a log, made by DuckDB."""
    return build(folder, log, cutoffs)


def made_by(maker: Maker, model: BuiltLake, folder: Path) -> BuiltLake:
    """The tables of `model` made again, from the same raw lines, by `maker`."""
    lake = Lake(folder / "lake")
    shutil.copytree(model.lake.root / RAW_LOGS.table, lake.root / RAW_LOGS.table)
    keys = {table: [k for name, k in model.written if name == table] for table, _ in model.written}
    written: dict[tuple[str, str], Written] = {}
    for recipe in (*daily_recipes(lake), *cutoff_recipes(lake)):
        table = recipe.contract.table
        if table not in keys:
            continue
        written |= {(table, done.key): done for done in maker.write(recipe, keys[table], lake)}
    return BuiltLake(lake, written)


def part_of(model: BuiltLake, *tables: str) -> BuiltLake:
    """Of what was made, these tables alone."""
    return BuiltLake(model.lake, {at: done for at, done in model.written.items() if at[0] in tables})


def differences(contract: Contract, ours: Path, theirs: Path) -> Iterator[str]:
    """Where two files of a table differ: in their types, their number of rows, or a value, numbers beyond 1e-9."""
    left, right = pq.ParquetFile(ours).read(), pq.ParquetFile(theirs).read()
    if left.schema.types != arrow_schema(contract).types or left.column_names != right.column_names:
        yield f"{contract.table}: {left.schema} instead of {right.schema}"
    if len(left) != len(right):
        yield f"{contract.table}: {len(left)} rows instead of {len(right)}"
    for n, (one, other) in enumerate(zip(left.to_pylist(), right.to_pylist(), strict=False)):
        yield from (f"{contract.table}[{n}].{name}: {text}" for name, text in _unequal(one, other))


def _unequal(one: Mapping[str, Cell], other: Mapping[str, Cell]) -> Iterator[tuple[str, str]]:
    for name, value in one.items():
        if not is_equal(value, other[name]):
            yield name, f"{value!r} instead of {other[name]!r}"


def is_equal(one: Cell, other: Cell) -> bool:
    """Whether two values are the same; numbers may differ by 1e-9 of themselves."""
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=RELATIVE, abs_tol=0.0)
    return bool(one == other)


def not_the_same(ours: BuiltLake, theirs: BuiltLake) -> dict[tuple[str, str], tuple[str, str]]:
    """The partitions whose content hashes differ, to the last bit of every number."""
    found = {at: (done.sha256, theirs.written[at].sha256) for at, done in ours.written.items()}
    assert ours.written.keys() == theirs.written.keys()
    return {at: hashes for at, hashes in found.items() if hashes[0] != hashes[1]}


def described(built: BuiltLake) -> list[tuple[str, str, int, str]]:
    """What was written, as plain values: table, key, rows, hash."""
    return [(table, k, done.rows, done.sha256) for (table, k), done in sorted(built.written.items())]
