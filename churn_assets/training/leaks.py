"""The leak alarm: signs that a model knows more than it could know on the day."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from churn_assets.features.schema import FeatureSchema
from churn_assets.training.arrays import Flags, Floats, Integers, numbers, texts
from churn_assets.training.examples import Examples
from churn_assets.training.metrics import Measurement

FEATURE_AUC_LIMIT = 0.90
MODEL_AUC_LIMIT = 0.95
LEAST_ROWS = 20
"""Fewer rows of either outcome than this can rank perfectly by luck, and raise no alarm."""
PRIOR_ROWS = 10.0
"""Rows of the average outcome mixed into the churn rate of a category."""
RECENCY = "recency_days"


@dataclass(frozen=True)
class LeakFinding:
    """One alarm: what was found, on which feature or model, its value and the limit it broke."""

    what: Literal["feature", "model", "already_gone"]
    subject: str
    value: float
    limit: float
    message: str


def find_leaks(examples: Examples, schema: FeatureSchema, *, at_risk_days: int) -> tuple[LeakFinding, ...]:
    """Features that rank the outcome too well alone, and listeners who had already gone."""
    return (*feature_leaks(examples, schema), *already_gone(examples.frame, at_risk_days=at_risk_days))


def feature_leaks(examples: Examples, schema: FeatureSchema) -> tuple[LeakFinding, ...]:
    """Every feature whose AUC alone, in whichever direction, exceeds `FEATURE_AUC_LIMIT`."""
    target, half = examples.target, examples.listener_of % 2
    found = []
    for column in schema.columns:
        values = examples.frame[column.name]
        scores = _category_scores(texts(values), target, half) if column.is_categorical else numbers(values)
        auc = single_feature_auc(scores, target)
        if auc > FEATURE_AUC_LIMIT:
            message = (
                f"`{column.name}` alone reaches AUC {auc:.3f} (limit {FEATURE_AUC_LIMIT}): check that its declaration "
                "sees no event at or after the cut-off and does not restate the outcome."
            )
            found.append(LeakFinding("feature", column.name, auc, FEATURE_AUC_LIMIT, message))
    return tuple(found)


def model_leak(rung: str, measurements: Iterable[Measurement]) -> tuple[LeakFinding, ...]:
    """The alarm for a model whose measured ROC-AUC exceeds `MODEL_AUC_LIMIT`."""
    aucs = [entry.value for entry in measurements if entry.metric == "roc_auc" and entry.value is not None]
    return tuple(
        LeakFinding(
            "model",
            rung,
            auc,
            MODEL_AUC_LIMIT,
            f"The {rung} model reaches AUC {auc:.3f} (limit {MODEL_AUC_LIMIT}): too good to be true for listeners who "
            "can still be saved; look at its most important features and at the population.",
        )
        for auc in aucs
        if auc > MODEL_AUC_LIMIT
    )


def already_gone(frame: pd.DataFrame, *, at_risk_days: int) -> tuple[LeakFinding, ...]:
    """The alarm for rows that are not at risk: cancelled before the cut-off, or silent for more than `at_risk_days`."""
    gone = ~frame["at_risk"].to_numpy(dtype=bool)
    if RECENCY in frame:
        gone |= numbers(frame[RECENCY]) > at_risk_days
    if not gone.any():
        return ()
    share = float(gone.mean())
    message = (
        f"{int(gone.sum())} of {len(gone)} rows ({share:.1%}) are listeners who had already gone at the cut-off "
        f"(cancelled, or silent for more than {at_risk_days} days): they are easy to predict and nobody can keep them. "
        "Train and measure on at-risk listeners only."
    )
    return (LeakFinding("already_gone", "population", share, 0.0, message),)


def single_feature_auc(scores: Floats, target: Flags) -> float:
    """The best AUC of one feature in either direction, nulls counted as lowest, as highest, or left out; 0.5 if few."""
    known = ~np.isnan(scores)
    if known.all():
        return _either_way(scores, target)
    treatments = [(np.where(known, scores, -np.inf), target), (np.where(known, scores, np.inf), target)]
    treatments.append((scores[known], target[known]))
    return max(_either_way(values, outcomes) for values, outcomes in treatments)


def _either_way(scores: Floats, target: Flags) -> float:
    positives, negatives = int(target.sum()), int((~target).sum())
    if min(positives, negatives) < LEAST_ROWS:
        return 0.5
    ranks = pd.Series(scores).rank().to_numpy(dtype=np.float64)
    auc = (ranks[target].sum() - positives * (positives + 1) / 2.0) / (positives * negatives)
    return float(max(auc, 1.0 - auc))


def _category_scores(values: Floats, target: Flags, half: Integers) -> Floats:
    """Churn rate of each row's category among the listeners of the other half: a level cannot vouch for itself."""
    _, level_of = np.unique(values.astype(str), return_inverse=True)
    scores = np.empty(len(target))
    for own in (0, 1):
        other = half != own
        rows = np.bincount(level_of[other], minlength=level_of.max() + 1)
        hits = np.bincount(level_of[other], weights=target[other], minlength=level_of.max() + 1)
        rates = (hits + PRIOR_ROWS * target.mean()) / (rows + PRIOR_ROWS)
        scores[~other] = rates[level_of[~other]]
    return scores
