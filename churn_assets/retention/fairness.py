"""Whether as many listeners are held out as a fair draw of the terms would hold out."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from churn_assets.retention.arms import HOLD_OUT

if TYPE_CHECKING:
    import pandas as pd


def chances(listed: "pd.DataFrame") -> Mapping[str, float]:
    """For each cut-off of RETENTION_LIST rows, the chance of a number of hold-outs at least so unlikely (binomial)."""
    from scipy.stats import binomtest

    found: dict[str, float] = {}
    for cutoff in listed["cutoff"].unique():
        rows = listed[listed["cutoff"] == cutoff]
        held_out = int((rows["arm"] == HOLD_OUT).sum())
        test = binomtest(held_out, len(rows), float(rows["hold_out"].iloc[0]))
        found[cutoff.date().isoformat()] = float(test.pvalue)
    return found
