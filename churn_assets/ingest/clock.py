"""The data clock: from when on, and how far, the log has landed."""

from datetime import date, timedelta

from churn_assets.errors import MissingPartitionError
from churn_assets.ingest.tables import EVENTS
from churn_assets.lake.footers import rows_of
from churn_assets.lake.lake import Lake


def data_clock(lake: Lake) -> date:
    """The first midnight after the last day that has events.

    Raises MissingPartitionError if there are no rows at all.
    """
    for key, scan in lake.find(EVENTS).newest_first():
        if rows_of(scan):
            return date.fromisoformat(key) + timedelta(days=1)
    raise _nothing_landed(lake)


def clock_if_landed(lake: Lake) -> date | None:
    """The data clock; None while nothing has landed."""
    try:
        return data_clock(lake)
    except MissingPartitionError:
        return None


def first_landed_day(lake: Lake) -> date:
    """The first day that has events, whatever the settings say of the log.

    Raises MissingPartitionError if there are no rows at all.
    """
    landed = lake.find(EVENTS)
    for key in landed.keys:
        if rows_of(landed.only([key])):
            return date.fromisoformat(key)
    raise _nothing_landed(lake)


def _nothing_landed(lake: Lake) -> MissingPartitionError:
    message = (
        f"There are no events in the lake {lake.root}, so nothing has landed yet: put log files into the "
        "landing folder (CHURN_LANDING), see that CHURN_FIRST_DAY and CHURN_LAST_DAY span them, and run "
        "`churn-assets run`."
    )
    return MissingPartitionError(message)
