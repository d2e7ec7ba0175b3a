from contextlib import suppress
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn_assets.cutoffs import CutoffSchedule
from churn_assets.errors import TrainingError
from churn_assets.training.split import LandedLog, Split, promotion_split, rolling_origin
from churn_assets_tests.training.listeners import landed, mondays

schedules = st.builds(
    CutoffSchedule,
    first_day=st.dates(date(2018, 1, 1), date(2026, 1, 1)),
    warmup_days=st.integers(1, 60),
    horizon_days=st.integers(1, 60),
    weekday=st.none() | st.integers(0, 6),
)


def test_the_challenger_is_tested_on_the_newest_cutoffs_and_trained_on_those_closed_by_the_first_of_them() -> None:
    cutoffs = mondays(13)
    split = promotion_split(cutoffs, landed(), holdout=2)
    assert split.test == tuple(cutoffs[-2:])
    assert split.training == tuple(cutoffs[:7])


def test_a_label_window_that_closes_on_the_day_of_the_test_cutoff_may_be_trained_on() -> None:
    cutoffs = [date(2026, 3, 1), date(2026, 3, 31)]
    split = promotion_split(cutoffs, landed(), holdout=1)
    assert split == Split((date(2026, 3, 1),), (date(2026, 3, 31),), 30)


def test_a_label_window_that_closes_a_day_after_the_test_cutoff_may_not() -> None:
    with pytest.raises(TrainingError, match="2026-03-01 closes on 2026-03-31, after the test cut-off 2026-03-30"):
        Split((date(2026, 3, 1),), (date(2026, 3, 30),), 30)


def test_the_order_and_repetition_of_cutoffs_do_not_matter() -> None:
    cutoffs = mondays(12)
    assert promotion_split([*reversed(cutoffs), cutoffs[3]], landed(), holdout=2) == promotion_split(
        cutoffs, landed(), holdout=2
    )


def test_a_thirty_day_log_says_which_cutoff_would_be_the_first_and_which_days_are_missing() -> None:
    log = landed(date(2018, 12, 1), first_day=date(2018, 11, 1))
    with pytest.raises(TrainingError) as raised:
        promotion_split([], log, holdout=2)
    message = str(raised.value)
    assert "no mature cut-off" in message
    assert "the first cut-off to train on is 2018-12-03" in message
    assert "the first test cut-off is 2019-01-07 (with 2 held out, up to 2019-01-14)" in message
    assert "Missing: 74 day(s) of logs, 2018-12-01 to 2019-02-12" in message


def test_landing_the_days_that_were_named_as_missing_makes_the_split_possible() -> None:
    log = landed(date(2019, 2, 13), first_day=date(2018, 11, 1))
    split = promotion_split(log.schedule.mature(log.clock), log, holdout=2)
    assert split.training[0] == date(2018, 12, 3)
    assert split.test == (date(2019, 1, 7), date(2019, 1, 14))


def test_one_day_fewer_than_named_is_not_enough() -> None:
    log = landed(date(2019, 2, 12), first_day=date(2018, 11, 1))
    with pytest.raises(TrainingError, match=r"Missing: 1 day\(s\) of logs, 2019-02-12 to 2019-02-12"):
        promotion_split(log.schedule.mature(log.clock), log, holdout=2)


def test_cutoffs_that_have_landed_but_are_not_in_the_training_set_are_named() -> None:
    with pytest.raises(TrainingError, match=r"materialise `user_features` and `churn_labels` at 2026-03-09"):
        rolling_origin(mondays(2), landed(), newest=6)


def test_the_rolling_origin_takes_the_newest_test_cutoffs_oldest_first() -> None:
    cutoffs = mondays(13)
    splits = rolling_origin(cutoffs, landed(), newest=6)
    assert [split.test for split in splits] == [(cutoff,) for cutoff in cutoffs[-6:]]
    assert [len(split.training) for split in splits] == [3, 4, 5, 6, 7, 8]


def test_fewer_test_cutoffs_than_asked_for_are_all_taken() -> None:
    splits = rolling_origin(mondays(7), landed(), newest=6)
    assert [len(split.training) for split in splits] == [1, 2]


def test_no_closed_label_window_at_any_cutoff_is_an_error() -> None:
    with pytest.raises(TrainingError, match="first test cut-off is 2026-03-09"):
        rolling_origin(mondays(4), landed(mondays(4)[-1] + timedelta(days=30)), newest=6)


@given(schedules, st.integers(0, 200), st.integers(1, 4))
def test_a_backtest_never_trains_on_an_open_label_window(schedule: CutoffSchedule, days: int, newest: int) -> None:
    log = LandedLog(schedule, schedule.first_day + timedelta(days=days))
    mature = schedule.mature(log.clock)
    try:
        splits = rolling_origin(mature, log, newest=newest)
    except TrainingError:
        assert not mature or mature[0] + timedelta(days=schedule.horizon_days) > mature[-1]
        return
    for split in splits:
        assert all(cutoff + timedelta(days=schedule.horizon_days) <= split.test[0] for cutoff in split.training)
        assert split.test[0] in mature


@given(schedules, st.integers(0, 250), st.integers(1, 3))
def test_a_challenger_is_trained_on_closed_windows_only(schedule: CutoffSchedule, days: int, holdout: int) -> None:
    log = LandedLog(schedule, schedule.first_day + timedelta(days=days))
    with suppress(TrainingError):
        split = promotion_split(schedule.mature(log.clock), log, holdout=holdout)
        assert len(split.test) == holdout
        assert max(split.training) + timedelta(days=schedule.horizon_days) <= min(split.test)


@given(schedules, st.integers(1, 3), st.integers(0, 300))
def test_landing_up_to_the_day_that_the_message_names_is_enough(
    schedule: CutoffSchedule, holdout: int, days: int
) -> None:
    log = LandedLog(schedule, schedule.first_day + timedelta(days=days))
    try:
        promotion_split(schedule.mature(log.clock), log, holdout=holdout)
    except TrainingError as error:
        last_day = date.fromisoformat(str(error).split(" to ")[-1].split(". Land")[0])
        clock = last_day + timedelta(days=1)
        assert promotion_split(schedule.mature(clock), LandedLog(schedule, clock), holdout=holdout).training


def test_daily_cutoffs_are_split_the_same_way() -> None:
    schedule = CutoffSchedule(date(2026, 1, 2), warmup_days=28, horizon_days=30, weekday=None)
    log = LandedLog(schedule, date(2026, 5, 1))
    split = promotion_split(schedule.mature(log.clock), log, holdout=2)
    assert split.test == (date(2026, 3, 31), date(2026, 4, 1))
    assert (split.training[0], split.training[-1]) == (date(2026, 1, 30), date(2026, 3, 1))


def test_another_horizon_moves_the_gap_between_training_and_test() -> None:
    schedule = CutoffSchedule(date(2026, 1, 2), warmup_days=28, horizon_days=14, weekday=0)
    split = promotion_split(mondays(10), LandedLog(schedule, date(2026, 6, 1)), holdout=1)
    assert split.training[-1] == split.test[0] - timedelta(days=14)
