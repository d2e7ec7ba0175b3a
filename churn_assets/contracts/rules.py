"""The rules of a contract as SQL conditions that a bad row fulfils: millions of rows are judged where they lie."""

from collections.abc import Iterator
from dataclasses import dataclass

from churn_assets.contracts.contract import Column, Contract, Type


@dataclass(frozen=True)
class Rule:
    """One promise of a contract: its words, and the SQL condition of a row that breaks it."""

    text: str
    broken: str


def row_rules(contract: Contract) -> tuple[Rule, ...]:
    """Every rule that one row can break by itself: nulls, ranges, allowed values, finite numbers."""
    return tuple(rule for column in contract.columns for rule in _column_rules(column))


def _column_rules(column: Column) -> Iterator[Rule]:
    name = column.name
    if not column.nullable:
        yield Rule(f"{name} is not null", f"{name} IS NULL")
    if column.type is Type.NUMBER:
        # DuckDB 2.0 skips Parquet files by their largest value, which leaves NaN out, unless the filter is a CASE.
        yield Rule(f"{name} is finite", f"CASE WHEN isfinite({name}) THEN false ELSE {name} IS NOT NULL END")
    if column.at_least is not None:
        yield Rule(f"{name} >= {column.at_least:g}", f"{name} < {column.at_least}")
    if column.at_most is not None:
        # NaN is greater than everything in SQL; that it is not finite is said once already.
        yield Rule(f"{name} <= {column.at_most:g}", f"{name} > {column.at_most} AND NOT isnan({name}::DOUBLE)")
    if column.values is not None:
        allowed = ", ".join(f"'{value.replace(chr(39), 2 * chr(39))}'" for value in column.values)
        yield Rule(f"{name} is one of {', '.join(column.values)}", f"{name} NOT IN ({allowed})")


def key_rule(contract: Contract) -> Rule | None:
    """The rule that the key is unique within a partition, over rows that carry their count as `copies`."""
    return Rule(f"({', '.join(contract.key)}) is unique", "copies > 1") if contract.key else None


def key_columns(contract: Contract) -> tuple[str, ...]:
    """The columns that are unique together, the partition among them."""
    return (*((contract.partition,) if contract.partition else ()), *contract.key)
