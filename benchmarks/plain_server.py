"""The reference for serving: the same routes, store and model, with the features of plain pandas."""

from typing import Any

import numpy as np
import pandas as pd
from fastapi import FastAPI

from benchmarks.plain_pandas import plain_features
from churn_assets.cutoffs import day_of
from churn_assets.features.batch import Horizon
from churn_assets.features.catalogue import CATALOGUE
from churn_assets.features.request import Listeners
from churn_assets.serving import predictor
from churn_assets.serving.app import app_of_environment


def plain_app() -> FastAPI:
    """The API with other features; for `uvicorn --factory` in a process that serves nothing else."""
    predictor.request_features = _features
    return app_of_environment()


def _features(listeners: Listeners, horizon: Horizon) -> dict[str, Any]:
    """The features as `plain_pandas.py` has them, at the one cut-off of the request."""
    cutoff = day_of(int(listeners.cutoffs[0]))
    frame = plain_features(
        pd.DataFrame(dict(listeners.columns)),
        cutoff,
        lookback_days=horizon.lookback_days,
        log_start=day_of(horizon.log_start),
    ).reindex(listeners.user_ids)
    return {name: np.asarray(frame[name].to_numpy()) for name in CATALOGUE.schema(horizon.lookback_days).names}
