"""Tiny real models and rows that the registry's and the scoring's tests share."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from churn_assets.features.schema import FeatureColumn, FeatureSchema
from churn_assets.registry.artifact import Parts
from churn_assets.registry.registry import ModelRegistry, ModelVersion
from churn_assets.training.calibration import SigmoidCalibration
from churn_assets.training.model import ChurnModel
from churn_assets.training.rungs.catboost import CatBoost
from churn_assets.training.rungs.logistic import Logistic
from churn_assets.training.rungs.rung import Rung

ROOT = Path(__file__).parents[2]
SCHEMA = FeatureSchema(
    (
        FeatureColumn("recency_days", "Days from the last event to the cut-off.", is_categorical=False),
        FeatureColumn("thumbs_up_share", "Likes among the thumbs given.", is_categorical=False),
        FeatureColumn("device", "Kind of device of the latest event.", is_categorical=True),
    ),
    fingerprint="abc123",
)
LOGISTIC, CATBOOST = Logistic(), CatBoost(threads=1, trees=5)


def listeners(count: int, *, seed: int = 1) -> pd.DataFrame:
    """Rows of `user_features` at one cut-off, with `at_risk` and `churned`; silence makes churn likely."""
    rng = np.random.default_rng(seed)
    recency = rng.integers(0, 30, count).astype(float)
    share = np.where(rng.random(count) < 0.2, np.nan, rng.random(count))
    return pd.DataFrame(
        {
            "user_id": [f"{number:05d}" for number in range(count)],
            "cutoff": pd.Timestamp("2026-01-05"),
            "at_risk": True,
            "recency_days": recency,
            "thumbs_up_share": share,
            "device": rng.choice(np.array(["Desktop", "Mobile", None], dtype=object), count),
            "churned": rng.random(count) < recency / 30,
        }
    )


def trained(rung: Rung = LOGISTIC, *, rows: pd.DataFrame | None = None, schema: FeatureSchema = SCHEMA) -> ChurnModel:
    """A real model of `rung`, fitted on `rows`."""
    frame = listeners(200) if rows is None else rows
    return ChurnModel(
        rung=rung.name,
        schema=schema,
        selected=schema.names,
        fitted=rung.fit(frame[list(schema.names)], frame["churned"].to_numpy(dtype=bool), schema=schema, seed=1),
        calibration=SigmoidCalibration(1.0, 0.0),
        threshold=0.4,
        trained_cutoffs=(date(2026, 1, 5),),
        target="churned",
        horizon_days=30,
        seed=1,
    )


def parts(model: ChurnModel | None = None) -> Parts:
    """A whole model to register."""
    return Parts(
        model=trained() if model is None else model,
        reference=listeners(200),
        evaluation={"log_loss": 0.5},
        card="# A tiny model",
        plots={"roc": b"\x89PNG tiny"},
    )


def register(registry: ModelRegistry, model: ChurnModel | None = None) -> ModelVersion:
    """A new version, logged with a run of its own."""
    run = registry.tracking.client().create_run(registry.tracking.experiment_id())
    return registry.register(parts(model), run_id=run.info.run_id, data_versions={"code_version": "c0ffee"})
