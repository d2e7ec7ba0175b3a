"""Rolling-origin back-test: the whole procedure repeated as if each test cut-off were today."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import pandas as pd

from churn_assets.cutoffs import midnight
from churn_assets.features.schema import FeatureSchema
from churn_assets.training.bootstrap import Resampling
from churn_assets.training.candidates import Study, fit_candidates
from churn_assets.training.evaluation import TARGETS, forecast
from churn_assets.training.examples import Examples
from churn_assets.training.model import ChurnModel
from churn_assets.training.options import TrainingOptions
from churn_assets.training.rungs.rung import Rung
from churn_assets.training.side_by_side import side_by_side
from churn_assets.training.split import Split

COLUMNS = ("rung", "cutoff", "target", "metric", "value", "low", "high", "n", "positives")


def backtest(
    frame: pd.DataFrame,
    schema: FeatureSchema,
    options: TrainingOptions,
    *,
    rungs: Sequence[Rung],
    splits: Iterable[Split],
) -> pd.DataFrame:
    """Rows rung x test cut-off x target x metric, with intervals over listeners; `splits` come from `rolling_origin`.

    For every split each rung is selected, fitted and calibrated on the training cut-offs alone, then measured on the
    rows of the test cut-off. `value`, `low` and `high` are null where a metric is undefined.
    """
    rows: list[dict[str, Any]] = []
    for split in splits:
        study = Study.of(frame, schema, options, cutoffs=split.training)
        tested = [(candidate.model, cutoff) for candidate in fit_candidates(rungs, study) for cutoff in split.test]
        for measured in side_by_side(lambda test: _measured(*test, frame, options), tested, threads=options.threads):
            rows += measured
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.astype({"value": "float64", "low": "float64", "high": "float64"})


def _measured(model: ChurnModel, cutoff: date, frame: pd.DataFrame, options: TrainingOptions) -> list[dict[str, Any]]:
    examples = Examples.of(frame, [cutoff], target=options.target, population=options.population)
    resampling, probability = Resampling(seed=options.seed), model.predict(examples.frame)
    return [
        {"rung": model.rung, "cutoff": midnight(cutoff), "target": target, **entry.to_json()}
        for target in TARGETS
        for entry in forecast(examples.frame, probability, target=target, threshold=model.threshold).measure(resampling)
    ]
