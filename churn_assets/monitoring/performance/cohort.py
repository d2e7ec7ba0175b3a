"""What a model version said of the listeners at risk at a cut-off and, once it is known, what became of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Self

import numpy as np
import pandas as pd

from churn_assets.training.arrays import Flags, Floats, Integers
from churn_assets.training.examples import listener_codes, outcome
from churn_assets.training.options import Target

SCORED = ["cutoff", "user_id", "churn_probability", "model_version", "at_risk"]
LABELLED = ["cutoff", "user_id", "at_risk", "churned", "cancelled"]
KEY = ["cutoff", "user_id"]


@dataclass(frozen=True, eq=False)
class Cohort:
    """The scores of one version at one cut-off, or at several together, with labels where there are any.

    `rows` has `user_id`, `cutoff`, `churn_probability` and, if `is_labelled`, `churned` and `cancelled`; a row is a
    listener at a cut-off. `matures_on` is the data clock from which the labels of all of it are known.
    """

    version: str
    cutoff: date
    matures_on: date
    is_labelled: bool
    rows: pd.DataFrame

    @classmethod
    def together(cls, parts: Sequence[Self]) -> Self:
        """The rows of labelled cohorts of one version, by cut-off; `cutoff` is that of the newest."""
        newest = max(parts, key=lambda part: part.cutoff)
        rows = pd.concat([part.rows for part in parts], ignore_index=True)
        return cls(newest.version, newest.cutoff, newest.matures_on, is_labelled=True, rows=rows)

    @cached_property
    def probability(self) -> Floats:
        """What was said, one a row."""
        return self.rows["churn_probability"].to_numpy(dtype=np.float64)

    @cached_property
    def listener_of(self) -> Integers:
        """A code from 0 for the listener of each row."""
        return listener_codes(self.rows)

    def outcome(self, target: Target) -> Flags:
        """What became of each row of a labelled cohort."""
        return outcome(self.rows, target)


def cohorts(scores: pd.DataFrame, labels: pd.DataFrame, *, horizon_days: int) -> list[Cohort]:
    """The cohorts of `scores` (columns SCORED), oldest first, joined to `labels` (LABELLED) by listener and cut-off.

    Only listeners at risk count. Where a cut-off has labels, so do only those scores that a label speaks of: late
    events can show that somebody had gone before.
    """
    scores = scores[scores["at_risk"].astype(bool)]
    labels = labels.loc[labels["at_risk"].astype(bool), [*KEY, "churned", "cancelled"]]
    known = set(labels["cutoff"])
    return [
        _cohort(rows, labels=labels if rows["cutoff"].iloc[0] in known else None, horizon_days=horizon_days)
        for _, rows in scores.groupby(["cutoff", "model_version"])
    ]


def _cohort(rows: pd.DataFrame, *, labels: pd.DataFrame | None, horizon_days: int) -> Cohort:
    """The rows of one version at one cut-off as a cohort."""
    kept = rows[[*KEY, "churn_probability"]].sort_values("user_id", ignore_index=True)
    if labels is not None:
        kept = kept.merge(labels, on=KEY)
    version, cutoff = str(rows["model_version"].iloc[0]), rows["cutoff"].iloc[0].date()
    return Cohort(version, cutoff, cutoff + timedelta(days=horizon_days), is_labelled=labels is not None, rows=kept)


def in_office(parts: Iterable[Cohort]) -> str | None:
    """The version that scored the newest cut-off; None without scores."""
    newest = max(parts, key=lambda part: part.cutoff, default=None)
    return None if newest is None else newest.version
