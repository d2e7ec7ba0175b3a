from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churn_assets.cutoffs import DAY, CutoffSchedule, day_of, days_between, epoch_day, epoch_ms, midnight

QUICK = settings(max_examples=40, deadline=None, derandomize=True, database=None)
DAYS = st.dates(date(2015, 1, 1), date(2035, 1, 1))
SCHEDULES = st.builds(
    CutoffSchedule,
    first_day=DAYS,
    warmup_days=st.integers(1, 60),
    horizon_days=st.integers(1, 60),
    weekday=st.one_of(st.none(), st.integers(0, 6)),
)
AHEAD = st.integers(-50, 400).map(lambda days: timedelta(days=days))


def mondays(first: date) -> CutoffSchedule:
    return CutoffSchedule(first, warmup_days=28, horizon_days=30, weekday=0)


@QUICK
@given(SCHEDULES)
def test_the_first_cutoff_is_the_first_fitting_day_after_the_warmup(schedule: CutoffSchedule) -> None:
    waited = schedule.first - schedule.first_day - timedelta(days=schedule.warmup_days)

    assert timedelta(0) <= waited < schedule.step
    assert schedule.weekday in (None, schedule.first.weekday())


@QUICK
@given(SCHEDULES, AHEAD)
def test_cutoffs_are_every_fitting_day_up_to_the_clock(schedule: CutoffSchedule, ahead: timedelta) -> None:
    clock = schedule.first_day + ahead

    expected = [day for day in days_between(schedule.first, clock) if schedule.weekday in (None, day.weekday())]

    assert schedule.up_to(clock) == expected


@QUICK
@given(SCHEDULES, AHEAD)
def test_mature_cutoffs_are_those_whose_window_closed_by_the_clock(schedule: CutoffSchedule, ahead: timedelta) -> None:
    clock = schedule.first_day + ahead

    mature = schedule.mature(clock)

    assert mature == [cutoff for cutoff in schedule.up_to(clock) if schedule.matures_on(cutoff) <= clock]
    assert all(schedule.matures_on(cutoff) - cutoff == timedelta(days=schedule.horizon_days) for cutoff in mature)


@QUICK
@given(SCHEDULES, AHEAD, st.integers(0, 30))
def test_more_log_never_takes_a_cutoff_away(schedule: CutoffSchedule, ahead: timedelta, more: int) -> None:
    clock = schedule.first_day + ahead
    later = clock + timedelta(days=more)

    assert schedule.up_to(later)[: len(schedule.up_to(clock))] == schedule.up_to(clock)
    assert set(schedule.mature(clock)) <= set(schedule.mature(later))


def test_the_clock_itself_may_be_the_newest_cutoff() -> None:
    schedule = mondays(date(2018, 10, 1))

    assert schedule.first == date(2018, 10, 29)
    assert schedule.up_to(date(2018, 11, 5)) == [date(2018, 10, 29), date(2018, 11, 5)]
    assert schedule.up_to(date(2018, 11, 4)) == [date(2018, 10, 29)]
    assert schedule.up_to(date(2018, 10, 28)) == []


def test_a_log_that_starts_midweek_waits_for_the_weekday_after_the_warmup() -> None:
    assert mondays(date(2026, 1, 2)).first == date(2026, 2, 2)


def test_daily_cutoffs_start_right_after_the_warmup() -> None:
    schedule = CutoffSchedule(date(2024, 1, 1), warmup_days=28, horizon_days=30, weekday=None)

    assert schedule.up_to(date(2024, 1, 31)) == [date(2024, 1, 29), date(2024, 1, 30), date(2024, 1, 31)]


@QUICK
@given(DAYS)
def test_days_and_milliseconds_agree(day: date) -> None:
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)

    assert epoch_ms(day) == epoch_day(day) * DAY == int(start.timestamp()) * 1000
    assert day_of(epoch_ms(day)) == day_of(epoch_ms(day) + DAY - 1) == day
    assert day_of(epoch_ms(day) - 1) == day - timedelta(days=1)
    assert midnight(day) == start.replace(tzinfo=None)


@pytest.mark.parametrize(("last", "count"), [(date(2024, 3, 1), 2), (date(2024, 2, 29), 1), (date(2024, 2, 28), 0)])
def test_days_between_hold_both_ends(last: date, count: int) -> None:
    assert len(list(days_between(date(2024, 2, 29), last))) == count
