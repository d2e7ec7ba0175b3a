"""How a table is made: an unbound Ibis expression over named inputs, with times as whole numbers."""

from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from churn_assets.contracts.contract import Contract, Type
from churn_assets.lake.lake import Scan

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa

IBIS_TYPES = {
    Type.TEXT: "string",
    Type.INTEGER: "int64",
    Type.NUMBER: "float64",
    Type.BOOLEAN: "boolean",
    Type.TIMESTAMP: "int64",
    Type.DATE: "int64",
    Type.TEXTS: "array<string>",
    Type.BYTES: "binary",
}
"""Types of columns inside an expression: timestamps are epoch milliseconds, dates are epoch days."""


def unbound(contract: Contract, name: str | None = None) -> "ir.Table":
    """The table of `contract` as an expression sees it, named after it (or `name`) and bound to no files yet.

    Timestamps are int64 epoch milliseconds and dates int64 epoch days, so that no engine's session
    time zone can change a value; the partition column is there like any other.
    """
    import ibis

    schema = ibis.schema({column.name: IBIS_TYPES[column.type] for column in contract.columns})
    return ibis.table(schema, name=name or contract.table)


SUMMARY_PASS_BYTES = 16 << 20
"""For tables far smaller than what they are made from: below that, planning a day costs as much as computing it."""
Distinct = Callable[[str, str], list[str]]
"""Gives the distinct non-null values of a text column (table, column) of the bound inputs."""


def whole_numbers(columns: Mapping[str, Sequence[int]]) -> "pa.Table":
    """A small table of 64-bit whole numbers, by the names of its columns.

    Made from its bytes: `pyarrow.array` would import pandas, which takes longer than a query over many such rows.
    """
    import pyarrow as pa

    def array_of(values: Sequence[int]) -> pa.Array:
        return pa.Array.from_buffers(pa.int64(), len(values), [None, pa.py_buffer(array("q", values))])

    return pa.table([array_of(values) for values in columns.values()], names=list(columns))


def texts(columns: Mapping[str, Sequence[str | None]]) -> "pa.Table":
    """A small table of texts, by the names of its columns; made from its bytes, as `whole_numbers`."""
    import pyarrow as pa

    from churn_assets.lake.arrays import of_texts

    return pa.table({name: of_texts(values) for name, values in columns.items()})


@dataclass(frozen=True)
class Recipe:
    """What to compute for the partitions of a table, and from which files.

    `expression` takes the unbound inputs by table name and gives the table of `contract`, partition
    column included; as a function of a module, or a partial of one, it is compiled once (`queries.py`).
    `inputs` picks, for the keys to be made, the files of each input; `small` are tables built in
    memory for those keys (lookup tables, the cut-offs). With `each` the partitions are computed one
    by one, or a few at a time whose input files hold up to `pass_bytes` together (bounded memory),
    without it all in one pass. The rows of a pass are split by the partition column after, so an
    expression must give a partition the same rows whichever others are asked with it. `scattered` is the same table,
    asked in a way that suits many machines better, if there is one: no step that one of them must do alone.
    """

    contract: Contract
    expression: Callable[[Mapping[str, "ir.Table"]], "ir.Table"]
    inputs: Callable[[Sequence[str]], Mapping[str, Scan]]
    small: Callable[[Sequence[str], Distinct], Mapping[str, "pa.Table"]] = lambda _keys, _distinct: {}
    each: bool = True
    pass_bytes: int = 0
    scattered: Callable[[Mapping[str, "ir.Table"]], "ir.Table"] | None = None
