"""The rows that a model learns from or is judged on: one population, one target, in one canonical order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Self

import numpy as np
import pandas as pd

from churn_assets.cutoffs import midnight
from churn_assets.errors import TrainingError
from churn_assets.training.arrays import Flags, Integers
from churn_assets.training.options import Population, Target


@dataclass(frozen=True)
class Examples:
    """Rows of the training set, sorted by cut-off and listener whatever order they came in, and what became of them."""

    frame: pd.DataFrame
    target: Flags

    @classmethod
    def of(
        cls, frame: pd.DataFrame, cutoffs: Sequence[date], *, target: Target, population: Population = "at_risk"
    ) -> Self:
        """The rows of `frame` at `cutoffs` that belong to `population`; TrainingError if there are none."""
        wanted = frame["cutoff"].isin([midnight(cutoff) for cutoff in cutoffs])
        if population == "at_risk":
            wanted &= frame["at_risk"].astype(bool)
        rows = frame[wanted].sort_values(["cutoff", "user_id"], ignore_index=True)
        if rows.empty:
            message = (
                f"No {population} listener at the cut-offs {', '.join(map(str, cutoffs)) or '(none)'}: "
                "materialise `training_set` for them, or check that their days hold events."
            )
            raise TrainingError(message)
        return cls(rows, outcome(rows, target))

    @cached_property
    def listener_of(self) -> Integers:
        """A code from 0 for the listener of each row, in the order of their ids."""
        return listener_codes(self.frame)

    @cached_property
    def cutoffs(self) -> tuple[date, ...]:
        """The cut-offs that have rows, ascending."""
        return tuple(sorted(moment.date() for moment in self.frame["cutoff"].unique()))


def outcome(frame: pd.DataFrame, target: Target) -> Flags:
    """What became of each row: no event in the label window, or (if asked for) a cancellation in it."""
    churned = frame["churned"].to_numpy(dtype=bool)
    match target:
        case "churned":
            return churned
        case "churned_or_cancelled":
            return np.asarray(churned | frame["cancelled"].to_numpy(dtype=bool), dtype=np.bool_)


def listener_codes(frame: pd.DataFrame) -> Integers:
    """A code from 0 for the listener of each row, in the order of their ids."""
    _, codes = np.unique(frame["user_id"].to_numpy(dtype=str), return_inverse=True)
    return codes.astype(np.int64)
