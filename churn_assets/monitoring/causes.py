"""Which rows of the reports are a cause to retrain: the one truth for sensors, checks, counts and the studies."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from churn_assets.monitoring.tables import DRIFT, DROP, NOVEL, REALISED, UNSEEN_LISTENERS

if TYPE_CHECKING:
    import pandas as pd

Row = Mapping[str, Any]
"""A row of a report, by column; what is null may be None or NaN."""


def has_drifted(row: Row) -> bool:
    """Whether a row of DRIFT_REPORT says that something drifted that no calendar explains."""
    return bool(row["verdict"] == DRIFT and not row["is_calendar"])


def is_novelty(row: Row) -> bool:
    """Whether a row of NOVELTY_REPORT is novel in a way that training again can mend.

    Listeners never seen are not: a training ends a horizon and a promotion test before today, so that a service whose
    listeners come and go has as many of them after every retraining as before it.
    """
    return bool(row["verdict"] == NOVEL and row["kind"] != UNSEEN_LISTENERS)


def has_dropped(row: Row, *, level: float) -> bool:
    """Whether a row of PERFORMANCE_REPORT is of a realised metric that the verdict rests on, at `level`.

    The verdict stands on every row of a version: on estimates too, and on metrics that were not tested or did not drop.
    """
    p_value = row["p_value"]
    return bool(row["verdict"] == DROP and row["kind"] == REALISED and p_value is not None and p_value <= level)


def causes(report: "pd.DataFrame", is_cause: Callable[[Row], bool]) -> "pd.DataFrame":
    """The rows of a report that are a cause."""
    rows: list[Any] = report.to_dict("records")
    return report[[is_cause(row) for row in rows]]
