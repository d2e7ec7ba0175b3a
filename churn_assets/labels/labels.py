"""Population and labels: pure Ibis over the listeners' days."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from churn_assets.cutoffs import DAY
from churn_assets.features.batch import AGES, KEY
from churn_assets.features.daily import CANCELLED
from churn_assets.labels.tables import CHURN_LABELS, POPULATION
from churn_assets.lake.recipe import whole_numbers

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa

WINDOWS = "label_windows"


def label_windows(cutoffs: Sequence[int], horizon_days: int) -> "pa.Table":
    """Every day of every label window: day and cutoff (epoch days and milliseconds)."""
    rows = [(cutoff + offset, cutoff * DAY) for cutoff in cutoffs for offset in range(horizon_days)]
    columns = zip(*rows, strict=True) if rows else ((), ())
    return whole_numbers(dict(zip(("day", "cutoff"), columns, strict=True)))


def population(listener_days: "ir.Table", *, at_risk_days: int) -> "ir.Table":
    """Every listener of the lookback (the small table `ages`), and whether they are at risk at the cut-off."""
    import ibis

    ages = ibis.table({"day": "int64", "cutoff": "int64", "age": "int64"}, name=AGES)
    rows = listener_days.inner_join(ages, "day")
    last = ibis.struct({"page": rows.latest_page, "ts": rows.last_ts, "age": rows.age}).argmax(rows.day)
    seen = rows.group_by(KEY).aggregate(last=last)
    is_cancelled = seen["last"]["page"] == CANCELLED
    return seen.select(
        "cutoff",
        "user_id",
        last_ts=seen["last"]["ts"],
        is_cancelled=is_cancelled,
        at_risk=is_at_risk(seen["last"]["age"], is_cancelled, at_risk_days=at_risk_days),
    ).select(*POPULATION.names)


def is_at_risk(age_days: Any, is_cancelled: Any, *, at_risk_days: int) -> Any:
    """Who can still be saved: the age of the last event's day (from 1) and whether it was the cancellation say.

    The one rule of batch and API: it works on Ibis columns and on NumPy arrays.
    """
    return (age_days <= at_risk_days) & ~is_cancelled


def churn_labels(population: "ir.Table", listener_days: "ir.Table") -> "ir.Table":
    """What became of the population in the label windows (the small table `label_windows`)."""
    import ibis

    windows = ibis.table({"day": "int64", "cutoff": "int64"}, name=WINDOWS)
    later = listener_days.inner_join(windows, "day")
    outcome = later.group_by(KEY).aggregate(came_back=later.events.sum(), cancellations=later.cancellations.sum())
    joined = population.left_join(outcome, KEY)
    return joined.select(
        cutoff=joined.cutoff,
        user_id=joined.user_id,
        at_risk=joined.at_risk,
        churned=joined.came_back.fill_null(0) == 0,
        cancelled=joined.cancellations.fill_null(0) > 0,
    ).select(*CHURN_LABELS.names)
