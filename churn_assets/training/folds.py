"""Cross-validation grouped by listener: nobody is learnt from and predicted in the same fold."""

import numpy as np

from churn_assets.errors import TrainingError
from churn_assets.training.arrays import Flags, Integers


def assign_folds(listener_of: Integers, target: Flags, *, folds: int, seed: int) -> Integers:
    """The fold (0 .. folds - 1) of each row: all rows of a listener in one, churners dealt evenly.

    `listener_of` are codes from 0. TrainingError if either outcome has fewer listeners than there are folds.
    """
    has_churned = np.bincount(listener_of, weights=target) > 0
    has_stayed = np.bincount(listener_of, weights=~target) > 0
    rarer = int(min(has_churned.sum(), has_stayed.sum()))
    if rarer < folds:
        message = (
            f"{int(has_churned.sum())} listeners with a positive outcome and {int(has_stayed.sum())} with a negative "
            f"one cannot fill {folds} folds: train on more cut-offs or listeners, or lower CHURN_FOLDS."
        )
        raise TrainingError(message)
    return _deal(has_churned, folds=folds, seed=seed)[listener_of]


def _deal(has_churned: Flags, *, folds: int, seed: int) -> Integers:
    shuffled = np.random.default_rng(seed).permutation(len(has_churned))
    dealt = shuffled[np.argsort(~has_churned[shuffled], kind="stable")]
    fold_of = np.empty(len(has_churned), dtype=np.int64)
    fold_of[dealt] = np.arange(len(dealt)) % folds
    return fold_of
