"""The part of the leak alarm that takes later events away, and looks whether stored features still stand."""

from datetime import date, timedelta
from typing import TYPE_CHECKING

from churn_assets.cutoffs import days_between, epoch_ms
from churn_assets.features.batch import Horizon
from churn_assets.features.tables import USER_FEATURES
from churn_assets.ingest.tables import EVENTS
from churn_assets.labels.tables import CHURN_LABELS
from churn_assets.lake.engine import Engine, scan_sql
from churn_assets.lake.lake import Lake, Scan
from churn_assets.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

    from churn_assets.training.leaks import LeakFinding

CHECKED_LISTENERS = 25


def future_findings(lake: Lake, engine: Engine, settings: Settings) -> "tuple[LeakFinding, ...]":
    """One finding a feature whose stored value, at the newest mature cut-off, is not that of the earlier events.

    Looks at a spread of listeners of that cut-off; the stored values come from the batch path, the others from the
    request path over the events before the cut-off alone.
    """
    from churn_assets.features.point_in_time import moved_features
    from churn_assets.lake.frames import read_frame
    from churn_assets.training.leaks import LeakFinding

    cutoff = date.fromisoformat(lake.keys(CHURN_LABELS)[-1])
    stored = read_frame(lake.scan(USER_FEATURES, [cutoff.isoformat()]))
    chosen = stored.iloc[:: max(1, len(stored) // CHECKED_LISTENERS)]
    first = max(settings.first_day, cutoff - timedelta(days=settings.lookback_days))
    days = [day.isoformat() for day in days_between(first, cutoff)]
    events = _events_of(lake.find(EVENTS, days), engine, chosen)
    horizon = Horizon(settings.lookback_days, epoch_ms(settings.first_day))
    return tuple(
        LeakFinding("feature", name, 1.0, 0.0, f"`{name}` at {cutoff} is not what the events before it give.")
        for name in moved_features(chosen, events, cutoff, horizon=horizon)
    )


def _events_of(scan: Scan, engine: Engine, listeners: "pd.DataFrame") -> "pd.DataFrame":
    """The events of a few listeners, the day left out."""
    with engine.connect() as connection:
        connection.register("chosen", listeners[["user_id"]])
        times = "* EXCLUDE (day) REPLACE (make_timestamp_ms(ts) AS ts, make_timestamp_ms(registration) AS registration)"
        query = f"SELECT {times} FROM ({scan_sql(scan)}) SEMI JOIN chosen USING (user_id)"
        frame: pd.DataFrame = connection.execute(query).df()
    return frame
