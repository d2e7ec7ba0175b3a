"""The benchmark's plain pandas version is a fourth opinion on every feature."""

import importlib.util
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
import pytest

from churn_assets.cutoffs import EPOCH
from churn_assets.features.catalogue import CATALOGUE
from churn_assets_tests.features.evaluations import differences, plain
from churn_assets_tests.features.memory_batch import HORIZON, Rows, memory_batch
from churn_assets_tests.logs import FIRST_DAY, Log
from churn_assets_tests.strategies import world

SOURCE = Path(__file__).parents[2] / "benchmarks" / "plain_pandas.py"


@pytest.fixture(scope="module")
def plain_pandas() -> Any:
    """The module, which belongs to no package."""
    spec = importlib.util.spec_from_file_location("plain_pandas", SOURCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def features(plain_pandas: Any, log: Log, cutoff: int) -> Rows:
    frame = plain_pandas.plain_features(
        pd.DataFrame([vars(event) for event in log]),
        EPOCH + timedelta(days=cutoff),
        lookback_days=HORIZON.lookback_days,
        log_start=FIRST_DAY,
    )
    rows = frame.astype(object).where(frame.notna(), None).to_dict("index")
    return {(user_id, cutoff): {k: plain(v) for k, v in row.items()} for user_id, row in rows.items()}


@pytest.mark.parametrize("seed", [3, 4])
def test_plain_pandas_agrees_with_the_batch_path(plain_pandas: Any, seed: int) -> None:
    crowd = world(Random(seed), listeners=60, most_cutoffs=3)

    batch = memory_batch().features(crowd.log, crowd.cutoffs)
    pandas = {k: row for cutoff in crowd.cutoffs for k, row in features(plain_pandas, crowd.log, cutoff).items()}

    assert all(row.keys() == {feature.name for feature in CATALOGUE.features} for row in pandas.values())
    assert differences(batch, pandas, within=1e-9) == []
