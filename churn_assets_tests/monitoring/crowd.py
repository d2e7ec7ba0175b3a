"""A small crowd of listeners with declared features of every kind, drawn from a seed."""

from datetime import date, timedelta

import numpy as np
import pandas as pd

from churn_assets.cutoffs import midnight
from churn_assets.features.schema import FeatureColumn, FeatureSchema
from churn_assets.monitoring.reference import Reference

TRAINED = date(2026, 3, 2)
"""The newest training cut-off, a Monday."""
SCHEMA = FeatureSchema(
    (
        FeatureColumn("freq_7d", "A count with many ties.", is_categorical=False),
        FeatureColumn("avg_session_len_min", "An amount.", is_categorical=False),
        FeatureColumn("thumbs_up_share", "A share with nulls.", is_categorical=False),
        FeatureColumn("device", "A category of three.", is_categorical=True),
        FeatureColumn("region", "A category of many, some of them rare.", is_categorical=True),
    ),
    fingerprint="abc123",
)
REGIONS = [f"R{number}" for number in range(40)]
REGION_SHARES = np.array([1 / (number + 2) for number in range(40)])


def crowd(count: int, seed: int = 1, *, cutoff: date = TRAINED, first: int = 0) -> pd.DataFrame:
    """`count` listeners at a cut-off, numbered from `first`."""
    rng = np.random.default_rng((seed, count))
    share = np.where(rng.random(count) < 0.3, np.nan, rng.beta(8, 2, count))
    return pd.DataFrame(
        {
            "user_id": [f"{first + number:06d}" for number in range(count)],
            "cutoff": midnight(cutoff),
            "freq_7d": rng.poisson(2.0, count).astype(float),
            "avg_session_len_min": rng.gamma(3.0, 20.0, count),
            "thumbs_up_share": share,
            "device": rng.choice(["Desktop", "Mobile", "Tablet"], count, p=[0.55, 0.4, 0.05]),
            "region": rng.choice(REGIONS, count, p=REGION_SHARES / REGION_SHARES.sum()),
        }
    )


def resampled(frame: pd.DataFrame, count: int, seed: int) -> pd.DataFrame:
    """`count` listeners drawn from a crowd with replacement, each a listener of their own."""
    chosen = np.random.default_rng(seed).integers(len(frame), size=count)
    return frame.iloc[chosen].assign(user_id=[f"{number:06d}" for number in range(count)]).reset_index(drop=True)


def reference(count: int = 400, *, weeks: int = 3) -> Reference:
    """A training of `weeks` weekly cut-offs, the same listeners at each."""
    days = [TRAINED - timedelta(days=7 * week) for week in range(weeks)]
    return Reference("3", SCHEMA, pd.concat([crowd(count, week, cutoff=day) for week, day in enumerate(days)]))
