"""Changing tables of a lake behind the platform's back."""

from collections.abc import Callable

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from churn_assets.contracts.arrow import arrow_schema
from churn_assets.contracts.contract import Contract
from churn_assets.lake.lake import WHOLE
from churn_assets_tests.end_to_end.service import Service


def rewritten(
    service: Service, contract: Contract, change: Callable[[pd.DataFrame], pd.DataFrame], key: str = WHOLE
) -> None:
    """Put what `change` makes of a partition's rows in its place."""
    rows = change(service.rows(contract, key))
    table = pa.Table.from_pandas(rows, arrow_schema(contract), preserve_index=False)
    with service.lake.replacing(contract, key) as path:
        pq.write_table(table, path)
