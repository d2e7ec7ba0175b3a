"""How partitions are chosen."""

from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_assets.errors import UnknownNameError
from churn_assets.workspace.catalogue import find
from churn_assets.workspace.choice import Asked, Choice, Day, key_of

EVENTS, FEATURES, WHOLE = find("events"), find("user_features"), find("training_set")
NEW_YORK = timezone(timedelta(hours=-5))


@pytest.mark.parametrize(
    "day",
    [
        "2026-05-04",
        "2026-05-04T23:59:59",
        date(2026, 5, 4),
        datetime(2026, 5, 4, 12),  # noqa: DTZ001 naive times are UTC here
        datetime(2026, 5, 3, 22, tzinfo=NEW_YORK),
        "2026-05-03T22:00:00-05:00",
        pd.Timestamp("2026-05-04 05:00"),
        np.datetime64("2026-05-04T00:00:00.000"),
    ],
)
def test_a_day_may_be_written_in_many_ways(day: Day) -> None:
    assert key_of(day) == "2026-05-04"


@given(st.datetimes(timezones=st.just(UTC)))
def test_every_time_belongs_to_its_utc_day(moment: datetime) -> None:
    assert key_of(moment) == moment.date().isoformat() == key_of(moment.isoformat())


@pytest.mark.parametrize("wrong", ["", "yesterday", "2026-13-01", "2026-5-4", None, 20260504.5])
def test_what_is_no_day_is_refused_with_how_to_write_one(wrong: Day) -> None:
    with pytest.raises(UnknownNameError, match="is no day: write it as '2026-05-04'"):
        key_of(wrong)


def test_one_day_several_days_or_a_span_can_be_chosen() -> None:
    assert Choice.of(EVENTS, Asked(day="2026-05-04")) == Choice(("2026-05-04",))
    assert Choice.of(FEATURES, Asked(cutoff=["2026-05-11", date(2026, 5, 4), "2026-05-11"])).keys == (
        "2026-05-11",
        "2026-05-04",
    )
    assert Choice.of(EVENTS, Asked(start="2026-05-04")) == Choice(None, "2026-05-04", None)
    assert Choice.of(WHOLE, Asked()).is_everything


def test_a_span_holds_both_of_its_ends() -> None:
    choice = Choice.of(EVENTS, Asked(start="2026-05-02", end="2026-05-03"))

    assert choice.within(["2026-05-01", "2026-05-02", "2026-05-03", "2026-05-04"]) == ["2026-05-02", "2026-05-03"]


@pytest.mark.parametrize(
    ("table", "asked", "said"),
    [
        (EVENTS, Asked(cutoff="2026-05-04"), "events is kept by day: give day=, or start= and end="),
        (FEATURES, Asked(day="2026-05-04"), "user_features is kept by cutoff: give cutoff=, or start= and end="),
        (EVENTS, Asked(day="2026-05-04", end="2026-05-05"), "Give day=, or start= and end=, not both"),
        (EVENTS, Asked(start="2026-05-05", end="2026-05-04"), "end=2026-05-04 lies before start=2026-05-05"),
        (WHOLE, Asked(cutoff="2026-05-04", end="2026-05-05"), "without partitions: leave out cutoff=, end="),
    ],
)
def test_a_choice_that_cannot_hold_says_what_can(table: object, asked: Asked, said: str) -> None:
    with pytest.raises(UnknownNameError, match=said):
        Choice.of(table, asked)  # type: ignore[arg-type]
