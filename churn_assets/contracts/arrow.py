"""Arrow schemas, derived from contracts."""

import pyarrow as pa

from churn_assets.contracts.contract import Contract, Type

ARROW_TYPES: dict[Type, pa.DataType] = {
    Type.TEXT: pa.string(),
    Type.INTEGER: pa.int64(),
    Type.NUMBER: pa.float64(),
    Type.BOOLEAN: pa.bool_(),
    Type.TIMESTAMP: pa.timestamp("ms"),
    Type.DATE: pa.date32(),
    Type.TEXTS: pa.list_(pa.string()),
    Type.BYTES: pa.binary(),
}


def arrow_schema(contract: Contract, *, with_partition: bool = False) -> pa.Schema:
    """Arrow schema of the table's files, or of whole rows with the partition column among them.

    Every field is nullable to Arrow: which columns may hold nulls is the contract's checks' business.
    """
    columns = contract.columns if with_partition else contract.stored
    return pa.schema([(column.name, ARROW_TYPES[column.type]) for column in columns])
