"""The DuckDB engine: evaluates recipes over Parquet files and writes what they give, partition by partition."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from churn_assets.contracts.contract import Column, Contract, Type
from churn_assets.lake.lake import Lake, Scan
from churn_assets.lake.queries import Queries, origin_of
from churn_assets.lake.recipe import Recipe, unbound

if TYPE_CHECKING:
    import duckdb
    import ibis.expr.types as ir
    import pyarrow as pa

STAGED = "__staged"
ROW_GROUP = 122_880
"""Rows of a row group, in every file of ours whoever writes it: DuckDB's own number."""
MANY_PARTITIONS = 32
"""With more partitions than these in one pass, sorting its rows costs less than scanning them for each."""
SQL_TYPES = {
    Type.TEXT: "VARCHAR",
    Type.INTEGER: "BIGINT",
    Type.NUMBER: "DOUBLE",
    Type.BOOLEAN: "BOOLEAN",
    Type.TIMESTAMP: "BIGINT",
    Type.DATE: "BIGINT",
    Type.TEXTS: "VARCHAR[]",
    Type.BYTES: "BLOB",
}

Progress = Callable[[str, int], None]
"""Told the key of a partition that is done, and its rows."""


@dataclass(frozen=True)
class Written:
    """One partition that was written: its key, rows, bytes on disk and the SHA-256 of its content."""

    key: str
    rows: int
    size_bytes: int
    sha256: str


class Maker(Protocol):
    """What makes tables from recipes."""

    def write(self, recipe: Recipe, keys: Sequence[str], lake: Lake, progress: Progress | None = None) -> list[Written]:
        """Compute the partitions `keys` of a table, put each in its place in the lake, and tell what was written."""


@dataclass(frozen=True)
class Engine:
    """DuckDB in this process, with bounded threads and memory; beyond the limit it spills to `spill`.

    Queries that were compiled once are kept in the folder `queries`, if one is given.
    """

    threads: int
    memory_limit: str
    spill: Path
    queries: Path | None = None

    @contextmanager
    def connect(self) -> "Iterator[duckdb.DuckDBPyConnection]":
        """Give a fresh in-memory database; its session time zone is UTC whatever the machine's is."""
        import duckdb

        with duckdb.connect() as connection:
            connection.execute(f"SET threads = {self.threads}")
            connection.execute(f"SET memory_limit = '{self.memory_limit}'")
            connection.execute(f"SET temp_directory = '{_quoted(self.spill)}'")
            connection.execute("SET TimeZone = 'UTC'")
            without_progress_bar(connection)
            yield connection

    def write(self, recipe: Recipe, keys: Sequence[str], lake: Lake, progress: Progress | None = None) -> list[Written]:
        """Compute the partitions `keys` of a table and put each in its place in the lake."""
        tell = progress or (lambda _key, _rows: None)
        with self.connect() as connection:
            kitchen = _Kitchen(connection, recipe, lake, self.query)
            done = []
            for written in kitchen.make(keys):
                tell(written.key, written.rows)
                done.append(written)
        return done

    def query(self, recipe: Recipe) -> str:
        """The SQL of a recipe's expression over its inputs by name; compiled, or as it was kept."""

        def compiled() -> str:
            tables = {name: unbound(scan.contract, name) for name, scan in recipe.inputs([]).items()}
            return to_sql(recipe.expression(tables))

        return Queries(self.queries).of(recipe.contract.table, origin_of(recipe.expression), compiled)

    def frame(self, expression: "ir.Table", inputs: Mapping[str, Scan]) -> "pa.Table":
        """The result of an unbound expression over `inputs` as an Arrow table."""
        with self.connect() as connection:
            _bind(connection, inputs)
            return connection.sql(to_sql(expression)).to_arrow_table()


def without_progress_bar(connection: "duckdb.DuckDBPyConnection") -> None:
    """Let a connection show no progress bar; a Jupyter kernel without widgets has none, and refuses to be told so."""
    [(is_shown,)] = connection.execute("SELECT current_setting('enable_progress_bar')").fetchall()
    if is_shown:
        connection.execute("SET enable_progress_bar = false")


@dataclass(frozen=True)
class _Kitchen:
    """One open connection making one recipe."""

    connection: "duckdb.DuckDBPyConnection"
    recipe: Recipe
    lake: Lake
    query: Callable[[Recipe], str]

    def make(self, keys: Sequence[str]) -> Iterator[Written]:
        query: str | None = None
        for some in self._passes(keys):
            self._bind(some)
            query = query or self.query(self.recipe)
            yield from self._cook(some, query)

    def _passes(self, keys: Sequence[str]) -> Iterator[Sequence[str]]:
        """The keys, split into neighbours whose inputs are small enough to be read at once."""
        if not self.recipe.each:
            yield keys
            return
        some: list[str] = []
        size = 0
        for key in keys:
            more = _input_bytes(self.recipe.inputs([key]))
            if some and size + more > self.recipe.pass_bytes:
                yield some
                some, size = [], 0
            some, size = [*some, key], size + more
        if some:
            yield some

    def _cook(self, keys: Sequence[str], query: str) -> Iterator[Written]:
        contract = self.recipe.contract
        if len(keys) == 1:
            yield self._copy(keys[0], f"{_part(contract, keys[0], query)}{_ordered(contract.order)}")
            return
        # In order, a partition is a stretch of the table that is found without a scan of all. But sorting much at once
        # takes memory, which few partitions do not pay back.
        is_sorted = self.recipe.each or len(keys) > MANY_PARTITIONS
        order = _ordered((contract.partition or "", *contract.order)) if is_sorted else ""
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {STAGED} AS SELECT * FROM ({query}){order}")
        for key in keys:
            part = _part(contract, key, f"SELECT * FROM {STAGED}")
            yield self._copy(key, part if is_sorted else part + _ordered(contract.order))

    def _bind(self, keys: Sequence[str]) -> None:
        _bind(self.connection, self.recipe.inputs(keys))
        for name, table in self.recipe.small(keys, self._distinct).items():
            self.connection.register(name, table)

    def _distinct(self, table: str, column: str) -> list[str]:
        query = f"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL ORDER BY 1"
        return [value for (value,) in self.connection.execute(query).fetchall()]

    def _copy(self, key: str, rows: str) -> Written:
        """Write the file of a partition from SQL that gives its rows, in order."""
        contract = self.recipe.contract
        with self.lake.replacing(contract, key) as path:
            columns = ", ".join(f"{_as_stored(column)} AS {column.name}" for column in contract.stored)
            select = f"SELECT {columns} FROM ({rows})"
            self.connection.execute(
                f"COPY ({select}) TO '{_quoted(path)}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP})"
            )
            return describe(key, path)


def describe(key: str, path: Path) -> Written:
    """Rows, size and content hash of a finished Parquet file."""
    import pyarrow as pa

    from churn_assets.lake.content import content_of

    rows, sha256 = content_of(path)
    # Arrow would keep what it read, while the engine makes the next file; giving it back costs next to nothing.
    pa.default_memory_pool().release_unused()
    return Written(key, rows, path.stat().st_size, sha256)


def _input_bytes(scans: Mapping[str, Scan]) -> int:
    return sum(scan.size_bytes for scan in scans.values())


def to_sql(expression: "ir.Table") -> str:
    """An unbound Ibis expression as DuckDB SQL, one SELECT a step.

    Ibis would fuse the steps and write out a column of one wherever later ones use it; DuckDB plans faster without.
    """
    import ibis

    with unfused():
        return str(ibis.to_sql(expression, dialect="duckdb"))


@contextmanager
def unfused() -> Iterator[None]:
    """Let Ibis compile one SELECT a step while the block runs."""
    import ibis

    before = ibis.options.sql.fuse_selects
    ibis.options.sql.fuse_selects = False
    try:
        yield
    finally:
        ibis.options.sql.fuse_selects = before


def _bind(connection: "duckdb.DuckDBPyConnection", scans: Mapping[str, Scan]) -> None:
    for name, scan in scans.items():
        connection.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {scan_sql(scan)}")


def scan_sql(scan: Scan) -> str:
    """SELECT of the files of a scan, times as whole numbers, the partition column among the others."""
    contract = scan.contract
    if not scan.places:
        empty = ", ".join(f"NULL::{SQL_TYPES[c.type]} AS {c.name}" for c in contract.columns)
        return f"SELECT {empty} WHERE false"
    files = ", ".join(f"'{_quoted(path)}'" for path in scan.paths)
    hive = "true" if contract.partition else "false"
    types = f", hive_types = {{'{contract.partition}': DATE}}" if contract.partition else ""
    columns = ", ".join(f"{_as_number(column, contract)} AS {column.name}" for column in contract.columns)
    return f"SELECT {columns} FROM read_parquet([{files}], hive_partitioning = {hive}{types})"


def _as_number(column: Column, contract: Contract) -> str:
    """SQL that reads a column, times as epoch milliseconds or epoch days."""
    match column.type:
        case Type.TIMESTAMP if column.name == contract.partition:
            return f"({column.name} - DATE '1970-01-01') * 86400000::BIGINT"
        case Type.TIMESTAMP:
            return f"epoch_ms({column.name})"
        case Type.DATE:
            return f"({column.name} - DATE '1970-01-01')::BIGINT"
        case _:
            return column.name


def _part(contract: Contract, key: str, query: str) -> str:
    """SQL of the rows of one partition."""
    where = f" WHERE {contract.partition} = {_key_number(contract, key)}" if contract.partition else ""
    return f"SELECT * FROM ({query}){where}"


def _ordered(columns: Sequence[str]) -> str:
    named = [name for name in columns if name]
    return f" ORDER BY {', '.join(named)}" if named else ""


def _as_stored(column: Column) -> str:
    match column.type:
        case Type.TIMESTAMP:
            return f"make_timestamp_ms({column.name})::TIMESTAMP_MS"
        case Type.DATE:
            return f"DATE '1970-01-01' + {column.name}::INTEGER"
        case Type.TEXT:
            return f"{column.name}::VARCHAR"
        case _:
            return f"{column.name}::{SQL_TYPES[column.type]}"


def _key_number(contract: Contract, key: str) -> str:
    """SQL of a partition key as the whole number that expressions see."""
    days = f"(DATE '{key}' - DATE '1970-01-01')"
    is_time = contract.partition is not None and contract.column(contract.partition).type is Type.TIMESTAMP
    return f"{days} * 86400000::BIGINT" if is_time else days


def _quoted(path: Path | str) -> str:
    return str(path).replace("'", "''")
