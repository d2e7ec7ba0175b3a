"""Metrics of a cohort: realised, from labels; estimated, from the probabilities alone.

The estimate is confidence-based (CBPE: Kivimäki, Białek, Kuberski & Nurminen 2025, "Performance Estimation in Binary
Classification Using Calibrated Confidence", arXiv 2505.05295). If the probabilities are right, a listener of whom p
was said counts as a churner with weight p and as a stayer with weight 1 - p. That is the expected confusion at every
threshold, and every metric follows from it. The interval is where 95 % of the realised values would lie: outcomes are
drawn from the probabilities again and again, and measured. Both rest on one assumption, that outcomes go with the
probabilities as they did at the promotion test. Concept drift breaks it, and nothing in the estimate can know.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from churn_assets.monitoring.performance.cohort import Cohort
from churn_assets.monitoring.performance.production import BASE_RATE
from churn_assets.monitoring.tables import ESTIMATED, REALISED
from churn_assets.training.arrays import Floats
from churn_assets.training.bootstrap import Interval, Resampling
from churn_assets.training.metrics import CELLS, DISTANCES, METRICS, Forecast, Ranking
from churn_assets.training.options import Target

ALL_METRICS = (*METRICS, BASE_RATE)


@dataclass(frozen=True)
class Reading:
    """Every metric of one target of a cohort; `positives` is None while the outcomes are not known."""

    kind: Literal["realised", "estimated"]
    target: Target
    n: int
    positives: int | None
    metrics: Mapping[str, Interval]


def realised(cohort: Cohort, target: Target, *, threshold: float, resampling: Resampling) -> Reading:
    """What a labelled cohort came to, with intervals that resample listeners."""
    happened = cohort.outcome(target)
    forecast = Forecast(cohort.probability, happened, cohort.listener_of, threshold)
    found = {
        entry.metric: Interval(entry.value, entry.low, entry.high)
        for entry in (forecast.measure(resampling) if len(happened) else ())
    }
    found[BASE_RATE] = _rate(cohort, happened.astype(np.float64), resampling)
    return Reading(REALISED, target, len(happened), int(happened.sum()), found)


def estimated(cohort: Cohort, target: Target, *, threshold: float, resampling: Resampling) -> Reading:
    """What a cohort will come to if its probabilities, which must be of `target`, are right; labels are not read."""
    said = cohort.probability
    if not len(said):
        return Reading(ESTIMATED, target, 0, None, {})
    ranking = _both_ways(said, threshold)
    expected = ranking.metrics(_weights(said[None, :], ranking))
    expected[BASE_RATE] = said.mean(keepdims=True)
    drawn = _drawn(said, ranking, resampling)
    found = {
        metric: _around(expected[metric][0], drawn[metric], resampling, is_distance=metric in DISTANCES)
        for metric in ALL_METRICS
    }
    return Reading(ESTIMATED, target, len(said), None, found)


def _rate(cohort: Cohort, happened: Floats, resampling: Resampling) -> Interval:
    if not len(happened):
        return Interval(None, None, None)
    sums, rows = np.bincount(cohort.listener_of, weights=happened), np.bincount(cohort.listener_of)
    counts = resampling.counts(len(rows))
    return resampling.interval(float(happened.mean()), (counts @ sums) / (counts @ rows))


def _both_ways(said: Floats, threshold: float) -> Ranking:
    """Every row twice, as a churner and as a stayer, for weights to choose between."""
    churned = np.repeat([True, False], len(said))
    return Ranking.of(Forecast(np.tile(said, 2), churned, np.zeros(2 * len(said), dtype=np.int64), threshold))


def _weights(chance: Floats, ranking: Ranking) -> Floats:
    """Weights of the rows of `_both_ways`, in its order, for lines of chances (or draws) of churning."""
    return np.hstack([chance, 1.0 - chance])[:, ranking.order]


def _drawn(said: Floats, ranking: Ranking, resampling: Resampling) -> Mapping[str, Floats]:
    """Every metric of outcomes drawn from the probabilities, one a replicate, in blocks that fit into memory."""
    chance = np.random.default_rng(resampling.seed)
    step, blocks = max(1, CELLS // (2 * len(said))), []
    for start in range(0, resampling.replicates, step):
        count = min(step, resampling.replicates - start)
        churned = (chance.random((count, len(said))) < said).astype(np.float64)
        blocks.append(ranking.metrics(_weights(churned, ranking)) | {BASE_RATE: churned.mean(axis=1)})
    return {metric: np.concatenate([block[metric] for block in blocks]) for metric in ALL_METRICS}


def _around(value: float, drawn: Floats, resampling: Resampling, *, is_distance: bool = False) -> Interval:
    """An estimate with the range of its draws; the expected distance from 0 is not that of the expectation, but theirs.

    Unlike a resampled distance a drawn one is not inflated: its range is taken as it is.
    """
    if is_distance and np.isfinite(drawn).any():
        value = float(np.nanmean(drawn))
    return resampling.interval(float(value), drawn)
