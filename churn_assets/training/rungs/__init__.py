"""The ladder: from one number for everybody to CatBoost, every rung fitted on the same rows."""

from pathlib import Path

from churn_assets.errors import ArtifactError
from churn_assets.training.rungs.base_rate import BaseRate, FittedBaseRate
from churn_assets.training.rungs.bgnbd import BgNbd, FittedBgNbd
from churn_assets.training.rungs.boosting import Boosting, FittedBoosting
from churn_assets.training.rungs.catboost import CatBoost, FittedCatBoost
from churn_assets.training.rungs.forest import FittedForest, Forest
from churn_assets.training.rungs.logistic import FittedLogistic, Logistic
from churn_assets.training.rungs.recency import FittedRecency, Recency
from churn_assets.training.rungs.rung import FittedRung, Rung

FITTED: dict[str, type[FittedRung]] = {
    "base_rate": FittedBaseRate,
    "recency": FittedRecency,
    "bgnbd": FittedBgNbd,
    "logistic": FittedLogistic,
    "forest": FittedForest,
    "boosting": FittedBoosting,
    "catboost": FittedCatBoost,
}


def ladder(*, horizon_days: int = 30, threads: int = 2) -> tuple[Rung, ...]:
    """Every rung, the simplest first."""
    return (
        BaseRate(),
        Recency(),
        BgNbd(horizon_days=horizon_days),
        Logistic(),
        Forest(threads=threads),
        Boosting(),
        CatBoost(threads=threads),
    )


def load_fitted(name: str, folder: Path) -> FittedRung:
    """The fitted rung called `name` that was saved into `folder`; ArtifactError for a name that no rung has."""
    if name not in FITTED:
        message = (
            f"No rung is called {name!r} (known: {', '.join(FITTED)}): load it with the code version that saved it."
        )
        raise ArtifactError(message)
    return FITTED[name].load(folder)
