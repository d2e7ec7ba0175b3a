"""Small literal cohorts and promotion tests that the tests of this stage share."""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd

from churn_assets.cutoffs import CutoffSchedule, midnight
from churn_assets.monitoring.performance.cohort import Cohort
from churn_assets.monitoring.performance.decline import Jury
from churn_assets.monitoring.performance.production import Production
from churn_assets.training.arrays import Flags, Floats
from churn_assets.training.bootstrap import Interval, Resampling

FIRST_CUTOFF = date(2026, 2, 2)
SCHEDULE = CutoffSchedule(date(2026, 1, 2), warmup_days=28, horizon_days=30, weekday=0)
TESTED = (date(2026, 4, 6), date(2026, 4, 13))
LATER = tuple(date(2026, 4, 20) + timedelta(days=7 * week) for week in range(16))
FEW = Resampling(replicates=60)


def cohort(
    probability: Sequence[float] | Floats,
    churned: Sequence[bool] | Flags | None = None,
    *,
    cutoff: date = LATER[0],
    version: str = "1",
) -> Cohort:
    """A cohort of listeners u0, u1, ...; with labels if it is said who churned."""
    rows = pd.DataFrame({"user_id": [f"u{n}" for n in range(len(probability))], "churn_probability": probability})
    rows["cutoff"] = midnight(cutoff)
    if churned is not None:
        rows = rows.assign(churned=np.asarray(churned, dtype=bool), cancelled=False)
    return Cohort(version, cutoff, SCHEDULE.matures_on(cutoff), is_labelled=churned is not None, rows=rows)


def probabilities(listeners: int, *, seed: int = 1) -> Floats:
    """Probabilities around 14 % that differ from listener to listener."""
    return np.random.default_rng(seed).beta(0.8, 5.0, listeners)


def drawn(probability: Floats, *, seed: int) -> Flags:
    """Outcomes that go with the probabilities."""
    return np.asarray(np.random.default_rng(seed).random(len(probability)) < probability, dtype=np.bool_)


def production(
    *, auc: float = 0.75, log_loss: float = 0.34, base_rate: float = 0.14, version: str = "1", error: float = 0.01
) -> Production:
    """A promotion test with these metrics, each with the same standard error."""
    measured = {
        ("churned", metric): Interval(value, value - 1.96 * error, value + 1.96 * error)
        for metric, value in (("roc_auc", auc), ("log_loss", log_loss), ("base_rate", base_rate))
    }
    return Production(
        version=version,
        target="churned",
        threshold=0.2,
        last_label_day=TESTED[0],
        tested=TESTED,
        measured=measured,
        expected_rate=base_rate,
        rate_error=error,
    )


def jury(level: float = 0.05, *, resampling: Resampling = FEW) -> Jury:
    """A jury on weekly cut-offs with few replicates."""
    return Jury(SCHEDULE, level, resampling)
