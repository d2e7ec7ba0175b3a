"""Literal candidates, labels and lakes of scores."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st

from churn_assets.contracts.arrow import arrow_schema
from churn_assets.contracts.contract import Contract
from churn_assets.cutoffs import midnight
from churn_assets.lake.lake import Lake
from churn_assets.retention.terms import Terms

CUTOFF = date(2026, 3, 2)
NEXT = date(2026, 3, 9)
REASON = "Days from the last event to the cut-off: 24 (typical 3) raises the risk"
TERMS = Terms(budget=None, value=100.0, save_rate=0.2, cost=5.0, hold_out=0.0)


def candidates(probabilities: Sequence[float], *, cutoff: date = CUTOFF, level: str | None = "paid") -> pd.DataFrame:
    """A candidate for each probability, named 0, 1, ... in that order."""
    return pd.DataFrame(
        {
            "cutoff": pd.Series([midnight(cutoff)] * len(probabilities), dtype="datetime64[ms]"),
            "user_id": pd.Series([str(n) for n in range(len(probabilities))], dtype=object),
            "churn_probability": pd.Series(probabilities, dtype="float64"),
            "risk_band": pd.Series(["medium"] * len(probabilities), dtype=object),
            "reasons": pd.Series([[REASON]] * len(probabilities), dtype=object),
            "model_version": pd.Series(["1"] * len(probabilities), dtype=object),
            "level": pd.Series([level] * len(probabilities), dtype=object),
            "region": pd.Series(["CA"] * len(probabilities), dtype=object),
        }
    )


def earlier(*listed: tuple[date, str]) -> pd.DataFrame:
    """Listeners on lists before, by cut-off."""
    return pd.DataFrame(
        {
            "cutoff": pd.Series([midnight(day) for day, _ in listed], dtype="datetime64[ms]"),
            "user_id": pd.Series([user for _, user in listed], dtype=object),
        }
    )


def put(lake: Lake, contract: Contract, cutoff: date, rows: pd.DataFrame) -> None:
    """Write a partition of a table; columns that `rows` lack are null."""
    schema = arrow_schema(contract)
    with lake.replacing(contract, cutoff.isoformat()) as path:
        columns = [rows[name].tolist() if name in rows else [None] * len(rows) for name in schema.names]
        arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
        pq.write_table(pa.table(arrays, names=schema.names), path)


def lake_below(folder: Path) -> Lake:
    """An empty lake."""
    return Lake(folder / "lake")


probabilities = st.lists(st.floats(0, 1), max_size=40)
money = st.floats(0.01, 1_000, allow_nan=False)
shares = st.floats(0, 1)
every_terms = st.builds(
    Terms,
    budget=st.none() | st.floats(0, 500),
    value=money | st.fixed_dictionaries({"paid": money, "free": money}),
    save_rate=shares,
    cost=money,
    hold_out=st.floats(0, 0.9),
    campaign=st.text(min_size=1, max_size=8),
    seed=st.integers(0, 99),
)
