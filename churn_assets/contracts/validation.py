"""Holds tables against their contracts: Pandera for frames, the same rules pushed down to DuckDB for whole tables.

Pandera in pandas takes about 7 CPU seconds for 1.3 million events, the rules as one DuckDB query 0.7. So
every row of a run is judged by DuckDB, and Pandera judges the rows found bad and a sample of the others:
a property test holds both verdicts equal.
"""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from churn_assets.contracts.contract import Column, Contract, Type
from churn_assets.contracts.privacy import masked
from churn_assets.contracts.rules import Rule, key_columns, key_rule, row_rules
from churn_assets.lake.engine import Engine
from churn_assets.lake.lake import Scan

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    import pandera.pandas as pandera
    import pyarrow as pa

SAMPLE_ROWS = 10
JUDGED_BY_PANDERA = 1_000
BROKEN_RULES = "broken_rules"
"""Column of a sample that names the rules a row breaks; no table has a column of this name."""


@dataclass(frozen=True)
class Verdict:
    """How a table stands to its contract: rows judged, rows that break each rule, and a few of them, masked."""

    rows: int
    broken: Mapping[str, int]
    sample: Sequence[Mapping[str, Any]] = ()

    @property
    def is_kept(self) -> bool:
        """Whether no rule is broken."""
        return not self.broken


def judge(scan: Scan, engine: Engine) -> Verdict:
    """Hold the files of a scan against the contract of their table."""
    types = _wrong_types(scan)
    if types or not scan.places:
        return Verdict(0, types)
    with engine.connect() as connection:
        connection.execute(f"CREATE TEMP VIEW judged AS {_source(scan)}")
        court = _Court(connection, scan.contract)
        rows, broken = court.counts()
        suspects = court.suspects(broken)
    found = broken | {rule: n for rule, n in broken_for_pandera(scan.contract, suspects).items() if not broken}
    return Verdict(rows, found, _sample(scan.contract, suspects) if found else ())


def pandera_schema(contract: Contract) -> "pandera.DataFrameSchema":
    """The Pandera schema of the table's rows in a pandas frame with Arrow types, the partition column included.

    `arrow_table.to_pandas(types_mapper=pandas.ArrowDtype)` gives such a frame.
    """
    import pandera.pandas as pandera

    columns = {column.name: _pandera_column(column) for column in contract.columns}
    return pandera.DataFrameSchema(columns, unique=list(key_columns(contract)) or None, name=contract.table)


def frame_of(contract: Contract, table: "pa.Table") -> "pd.DataFrame":
    """An Arrow table of whole rows as the frame that `pandera_schema` judges."""
    import pandas as pd

    from churn_assets.contracts.arrow import arrow_schema

    rows = table.select(contract.names).cast(arrow_schema(contract, with_partition=True))
    frame: pd.DataFrame = rows.to_pandas(types_mapper=pd.ArrowDtype)
    return frame


def _pandera_column(column: Column) -> "pandera.Column":
    import numpy as np
    import pandas as pd
    import pandera.pandas as pandera

    from churn_assets.contracts.arrow import ARROW_TYPES

    checks = []
    if column.type is Type.NUMBER:
        checks.append(pandera.Check(np.isfinite, name=f"{column.name} is finite"))
    if column.at_least is not None:
        checks.append(pandera.Check.ge(column.at_least))
    if column.at_most is not None:
        checks.append(pandera.Check.le(column.at_most))
    if column.values is not None:  # noqa: PD011 — a contract's values, not an array's
        checks.append(pandera.Check.isin(list(column.values)))
    dtype = pd.ArrowDtype(ARROW_TYPES[column.type])
    return pandera.Column(dtype, checks, nullable=column.nullable, description=column.description)


def broken_for_pandera(contract: Contract, rows: "pa.Table") -> dict[str, int]:
    """The rules that Pandera finds broken in whole rows, and how often."""
    import pandera.errors

    try:
        with warnings.catch_warnings():
            # Pandera concatenates its empty findings in a way that pandas is about to change.
            warnings.simplefilter("ignore", FutureWarning)
            pandera_schema(contract).validate(frame_of(contract, rows), lazy=True)
    except pandera.errors.SchemaErrors as errors:
        counts = errors.failure_cases.groupby(["column", "check"]).size()
        return {f"{column}: {check}": int(n) for (column, check), n in counts.items()}
    return {}


def _wrong_types(scan: Scan) -> dict[str, int]:
    """Columns that a file lacks or holds in another type, and in how many files."""
    import pyarrow.parquet as pq

    from churn_assets.contracts.arrow import arrow_schema

    wrong: dict[str, int] = {}
    promised = arrow_schema(scan.contract)
    for _, path in scan.files:
        found = pq.read_schema(path)
        for field in promised:
            if field.name not in found.names or found.field(field.name).type != field.type:
                rule = f"{field.name} is {field.type}"
                wrong[rule] = wrong.get(rule, 0) + 1
    return wrong


def _source(scan: Scan) -> str:
    """SELECT of the files as they are, the partition column typed."""
    contract = scan.contract
    files = ", ".join(f"'{path.replace(chr(39), 2 * chr(39))}'" for path in scan.paths)
    if contract.partition is None:
        return f"SELECT * FROM read_parquet([{files}], hive_partitioning = false)"
    types = f"hive_partitioning = true, hive_types = {{'{contract.partition}': DATE}}"
    return f"SELECT {', '.join(contract.names)} FROM read_parquet([{files}], {types})"


@dataclass(frozen=True)
class _Court:
    """The view `judged` of an open connection, held against a contract."""

    connection: "duckdb.DuckDBPyConnection"
    contract: Contract

    def counts(self) -> tuple[int, dict[str, int]]:
        """All rows, and the rows that break each rule; rules that hold are left out."""
        rules = row_rules(self.contract)
        filters = "".join(f", count(*) FILTER (WHERE {rule.broken})" for rule in rules)
        rows, *counts = self._row(f"SELECT count(*){filters} FROM judged")
        broken = {rule.text: n for rule, n in zip(rules, counts, strict=True) if n}
        key = key_rule(self.contract)
        copies = self._copies(rows) if key else 0
        return rows, broken | ({key.text: copies} if key and copies else {})

    def _copies(self, rows: int) -> int:
        """Rows whose key occurs more than once; grouping by the key itself is needed only if hashes repeat."""
        key = ", ".join(key_columns(self.contract))
        (distinct,) = self._row(f"SELECT count(DISTINCT hash({key})) FROM judged")
        if distinct == rows:
            return 0
        groups = f"SELECT count(*) AS n FROM judged GROUP BY {key} HAVING count(*) > 1"
        (copies,) = self._row(f"SELECT coalesce(sum(n), 0)::BIGINT FROM ({groups})")
        return int(copies)

    def suspects(self, broken: Mapping[str, int]) -> "pa.Table":
        """Rows that break a rule, with the rules that they break; if there are none, some of the others."""
        rules = [rule for rule in (*row_rules(self.contract), key_rule(self.contract)) if rule and rule.text in broken]
        reasons = ", ".join(f"CASE WHEN {rule.broken} THEN '{_quoted(rule)}' END" for rule in rules) or "NULL"
        where = " OR ".join(f"({rule.broken})" for rule in rules) or "true"
        query = (
            f"SELECT *, concat_ws('; ', {reasons}) AS {BROKEN_RULES} FROM (SELECT {self._counted(rules)} FROM judged) "
            f"WHERE {where} LIMIT {JUDGED_BY_PANDERA}"
        )
        return self.connection.sql(query).to_arrow_table()

    def _counted(self, rules: Iterable[Rule]) -> str:
        """The columns that the rules speak of: how often a key occurs is counted only if its rule is broken."""
        if not any(rule.broken == "copies > 1" for rule in rules):
            return "*"
        return f"*, count(*) OVER (PARTITION BY {', '.join(key_columns(self.contract))}) AS copies"

    def _row(self, query: str) -> tuple[Any, ...]:
        (row,) = self.connection.execute(query).fetchall()
        return row


def _quoted(rule: Rule) -> str:
    return rule.text.replace("'", "''")


def _sample(contract: Contract, suspects: "pa.Table") -> list[dict[str, Any]]:
    rows = suspects.slice(0, SAMPLE_ROWS).select([BROKEN_RULES, *contract.names]).to_pylist()
    return [{name: masked(name, value) for name, value in row.items()} for row in rows]
