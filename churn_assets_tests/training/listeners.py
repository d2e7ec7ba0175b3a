"""A small training frame with known structure, and small rungs to fit on it."""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd

from churn_assets.cutoffs import CutoffSchedule, midnight
from churn_assets.features.schema import FeatureColumn, FeatureSchema
from churn_assets.training.options import TrainingOptions
from churn_assets.training.rungs.base_rate import BaseRate
from churn_assets.training.rungs.bgnbd import BgNbd
from churn_assets.training.rungs.boosting import Boosting
from churn_assets.training.rungs.catboost import CatBoost
from churn_assets.training.rungs.forest import Forest
from churn_assets.training.rungs.logistic import Logistic
from churn_assets.training.rungs.recency import Recency
from churn_assets.training.rungs.rung import Rung
from churn_assets.training.split import LandedLog

NUMERIC = (
    "recency_days",
    "freq_7d",
    "freq_30d",
    "freq_90d",
    "active_days_ratio",
    "history_days",
    "tenure_days",
    "thumbs_up_share",
    "noise",
    "constant",
    "freq_30d_twin",
)
CATEGORICAL = ("current_level", "device", "account_age_group")
FIRST_CUTOFF = date(2026, 2, 2)
OPTIONS = TrainingOptions(folds=2, seed=7, threads=1)
SCHEMA = FeatureSchema(
    (
        *(FeatureColumn(name, f"What {name} means.", is_categorical=False) for name in NUMERIC),
        *(FeatureColumn(name, f"What {name} means.", is_categorical=True) for name in CATEGORICAL),
    ),
    fingerprint="f0f0",
)


def mondays(count: int) -> list[date]:
    """The first `count` weekly cut-offs."""
    return [FIRST_CUTOFF + timedelta(days=7 * week) for week in range(count)]


def landed(clock: date = date(2026, 12, 1), *, first_day: date = date(2026, 1, 2)) -> LandedLog:
    """A log on weekly cut-offs from `first_day` whose data clock stands at `clock`."""
    return LandedLog(CutoffSchedule(first_day, warmup_days=28, horizon_days=30, weekday=0), clock)


def listeners_at(cutoffs: Sequence[date], *, listeners: int = 160, seed: int = 1) -> pd.DataFrame:
    """Rows of the same listeners at each cut-off: silence and few thumbs foretell churn, `noise` does not."""
    traits = np.random.default_rng(seed)
    rate, mood = traits.gamma(1.5, 0.2, listeners).clip(0.02, 0.9), traits.normal(size=listeners)
    frames = [
        _snapshot(cutoff, rate, mood, chance=np.random.default_rng([seed, week])) for week, cutoff in enumerate(cutoffs)
    ]
    return pd.concat(frames, ignore_index=True)


def small_ladder() -> tuple[Rung, ...]:
    """Every rung, with few trees."""
    return (
        BaseRate(),
        Recency(),
        BgNbd(horizon_days=30),
        Logistic(),
        Forest(threads=1, trees=8, depth=4, leaf_rows=8),
        Boosting(rounds=10, leaves=5, leaf_rows=10),
        CatBoost(threads=1, trees=12, depth=3, learning_rate=0.2),
    )


def _snapshot(cutoff: date, rate: np.ndarray, mood: np.ndarray, *, chance: np.random.Generator) -> pd.DataFrame:
    count = len(rate)
    recency = np.minimum(chance.exponential(1.0 / rate), 60.0)
    log_odds = -2.2 + 0.11 * recency - 1.0 * mood
    churned = chance.random(count) < 1.0 / (1.0 + np.exp(-log_odds))
    freq_30d = chance.poisson(rate * 30.0).astype(float)
    return pd.DataFrame(
        {
            "user_id": [f"u{number:04d}" for number in range(count)],
            "cutoff": midnight(cutoff),
            "at_risk": recency <= 30.0,
            "churned": churned,
            "cancelled": ~churned & (chance.random(count) < 0.05),
            "recency_days": recency,
            "freq_7d": chance.poisson(rate * 7.0).astype(float),
            "freq_30d": freq_30d,
            "freq_90d": chance.poisson(rate * 90.0).astype(float),
            "active_days_ratio": rate,
            "history_days": np.full(count, 90.0),
            "tenure_days": 100.0 + np.arange(count),
            "thumbs_up_share": np.where(np.arange(count) % 6 == 0, np.nan, mood + chance.normal(0.0, 0.3, count)),
            "noise": chance.normal(size=count),
            "constant": np.full(count, 3.0),
            "freq_30d_twin": freq_30d * 2.0 + 1.0,
            "current_level": np.where(mood > 0, "paid", "free"),
            "device": chance.choice(np.array(["Desktop", "Mobile", None], dtype=object), count),
            "account_age_group": np.where(np.arange(count) % 3 == 0, "new", "old"),
        }
    )
