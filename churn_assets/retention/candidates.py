"""Who may be put on a list: the scored listeners at risk of a cut-off, with what analysts sort them by."""

from datetime import date, timedelta
from typing import TYPE_CHECKING

from churn_assets.errors import MissingPartitionError
from churn_assets.lake.frames import read_frame
from churn_assets.lake.lake import Lake, Scan
from churn_assets.retention.tables import RETENTION_LIST
from churn_assets.scoring.tables import CHURN_SCORES

if TYPE_CHECKING:
    import pandas as pd

SCORED = ("cutoff", "user_id", "churn_probability", "risk_band", "reasons", "model_version", "at_risk")
KNOWN = {"current_level": "level", "region": "region"}
"""Features that analysts sort by, and what a list calls them."""


def candidates(scores: Scan, features: Scan) -> "pd.DataFrame":
    """The listeners at risk of these cut-offs: SCORED without `at_risk`, and `level` and `region` (null if unknown)."""
    scored = read_frame(scores, SCORED)
    known = read_frame(features, ["cutoff", "user_id", *KNOWN]).rename(columns=KNOWN)
    at_risk = scored[scored["at_risk"]].drop(columns="at_risk")
    found = at_risk.merge(known, on=["cutoff", "user_id"], how="left")
    told = {name: found[name].astype(object).where(found[name].notna(), None) for name in KNOWN.values()}
    return found.assign(**told)


def newest_scored(lake: Lake) -> date:
    """The newest cut-off that has scores; MissingPartitionError if none has."""
    there = lake.keys(CHURN_SCORES)
    if not there:
        raise MissingPartitionError(
            "No cut-off has been scored yet, so that nobody can be listed: run `churn-assets run`, "
            "which trains a model and scores with the promoted one."
        )
    return date.fromisoformat(there[-1])


def listed_before(lake: Lake, cutoff: date, days: int) -> "pd.DataFrame":
    """Who was on a list of the `days` days before `cutoff`, in whichever arm: `cutoff` and `user_id`."""
    first = (cutoff - timedelta(days=days)).isoformat()
    earlier = [key for key in lake.keys(RETENTION_LIST) if first <= key < cutoff.isoformat()]
    return read_frame(lake.find(RETENTION_LIST, earlier), ["cutoff", "user_id"])
