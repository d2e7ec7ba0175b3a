"""Which features a model reads: chosen inside the training rows, by beating copies of themselves that cannot matter."""

import numpy as np
import pandas as pd

from churn_assets.features.schema import FeatureSchema
from churn_assets.training.arrays import Flags, Floats, Integers, numbers, texts

TWIN = 0.98
"""Two numeric features whose ranks correlate beyond this are one; the first declared stays."""
MOST_ROWS = 10_000
"""A tree of the competition grows on at most so many rows."""
FEWEST = 8
"""At least so many features are kept, the strongest, whatever the shadows say."""


def select_features(
    features: pd.DataFrame, target: Flags, *, schema: FeatureSchema, listener_of: Integers, seed: int
) -> tuple[str, ...]:
    """Names to keep, in declared order: neither constant nor a twin of an earlier one, and stronger than every shadow.

    A shadow is a feature whose rows were handed, whole listeners at a time, to somebody else: it repeats itself over a
    listener's rows as the real one does, and cannot matter. Both compete in one forest of randomised trees. Source:
    Kursa & Rudnicki 2010, Feature selection with the Boruta package, whose shadows are shuffled row by row.
    """
    codes = {
        column.name: _coded(features[column.name], is_categorical=column.is_categorical) for column in schema.columns
    }
    varied = [name for name, values in codes.items() if _varies(values)]
    distinct = _without_twins(varied, {name: codes[name] for name in varied if name in schema.numeric})
    if len(distinct) <= FEWEST:
        return tuple(distinct)
    matrix = np.column_stack([codes[name] for name in distinct])
    strength, bar = _strengths(matrix, target, listener_of=listener_of, seed=seed)
    enough = np.sort(strength)[-FEWEST]
    return tuple(name for name, gain in zip(distinct, strength, strict=True) if gain > bar or gain >= enough)


def _coded(column: pd.Series, *, is_categorical: bool) -> Floats:
    """Numbers as they are; categories by how common they are, the commonest first."""
    if not is_categorical:
        return numbers(column)
    _, level_of, counts = np.unique(texts(column).astype(str), return_inverse=True, return_counts=True)
    return np.argsort(np.argsort(-counts, kind="stable"))[level_of].astype(np.float64)


def _varies(values: Floats) -> bool:
    nulls = np.isnan(values)
    known = values[~nulls]
    return bool(known.size and (nulls.any() or known.min() < known.max()))


def _without_twins(names: list[str], numeric: dict[str, Floats]) -> list[str]:
    ranked = np.column_stack([_ranks(values) for values in numeric.values()]) if numeric else np.zeros((1, 0))
    alike = np.abs(ranked.T @ ranked) > TWIN
    position = {name: column for column, name in enumerate(numeric)}
    kept: list[str] = []
    for name in names:
        earlier = [position[other] for other in kept if other in position]
        if name not in position or not alike[position[name], earlier].any():
            kept.append(name)
    return kept


def _ranks(values: Floats) -> Floats:
    """Ranks with ties shared and nulls in the middle, centred, of unit length: their products are Spearman's rho."""
    ranks = pd.Series(values).rank().to_numpy(dtype=np.float64)
    centred = np.nan_to_num(ranks - np.nanmean(ranks))
    length = float(np.linalg.norm(centred))
    return np.asarray(centred / length if length > 0 else centred, dtype=np.float64)


def _strengths(matrix: Floats, target: Flags, *, listener_of: Integers, seed: int) -> tuple[Floats, float]:
    from sklearn.ensemble import ExtraTreesClassifier

    count = matrix.shape[1]
    both = np.hstack([matrix, matrix[_swapped(listener_of, seed)]])
    forest = ExtraTreesClassifier(
        n_estimators=40,
        max_depth=6,
        min_samples_leaf=20,
        max_features=0.2,
        bootstrap=True,
        max_samples=min(MOST_ROWS, len(target)),
        class_weight="balanced",
        random_state=seed,
    )
    gains = forest.fit(_ranked_nulls_low(both), target).feature_importances_
    return gains[:count], float(gains[count:].max())


def _swapped(listener_of: Integers, seed: int) -> Integers:
    """For each row, a row of the listener that its own listener was swapped with, cycling through that one's rows."""
    _, listener_of = np.unique(listener_of, return_inverse=True)
    order = np.argsort(listener_of, kind="stable")
    sizes = np.bincount(listener_of)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    turn = np.empty(len(order), dtype=np.int64)
    turn[order] = np.arange(len(order)) - starts[listener_of[order]]
    partner = np.random.default_rng(seed).permutation(len(sizes))[listener_of]
    return np.asarray(order[starts[partner] + turn % sizes[partner]], dtype=np.int64)


def _ranked_nulls_low(matrix: Floats) -> Floats:
    """Nulls below everything else, so that a split can set them apart."""
    lowest = np.nanmin(matrix, axis=0) - 1.0
    return np.where(np.isnan(matrix), lowest, matrix)
