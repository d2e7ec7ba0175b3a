"""From when on the log has landed, and how far."""

from datetime import date
from pathlib import Path

import pytest

from churn_assets.errors import MissingPartitionError
from churn_assets.ingest.clock import clock_if_landed, data_clock, first_landed_day
from churn_assets.ingest.tables import EVENTS
from churn_assets.lake.lake import Lake
from churn_assets_tests.retraining.watched import keep

EVENT = {"user_id": "7", "page": "Home"}


def test_the_log_begins_and_ends_with_days_that_have_events(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    for day, rows in {"2026-01-01": [], "2026-03-04": [EVENT], "2026-03-09": [EVENT], "2026-03-11": []}.items():
        keep(lake, EVENTS, day, *rows)

    assert (first_landed_day(lake), data_clock(lake)) == (date(2026, 3, 4), date(2026, 3, 10))
    assert clock_if_landed(lake) == data_clock(lake)


def test_a_log_without_events_has_neither(tmp_path: Path) -> None:
    for moment in (first_landed_day, data_clock):
        with pytest.raises(MissingPartitionError, match="nothing has landed yet"):
            moment(Lake(tmp_path))
    assert clock_if_landed(Lake(tmp_path)) is None
