"""Features of little lives, worked out by hand; the cut-off is day 100 of the log, a Wednesday."""

from typing import Any

import pytest

from churn_assets.cutoffs import DAY, HOUR, MINUTE
from churn_assets_tests.features.evaluations import requested
from churn_assets_tests.logs import FIRST, Event, at

CUTOFF = 100


def of(*log: Event, cutoff: int = CUTOFF) -> dict[str, Any]:
    return dict(requested(log, FIRST + cutoff)["a", FIRST + cutoff])


def play(day: int, ms: int = 0, **fields: Any) -> Event:
    return Event("a", at(day, ms), session_id=fields.pop("session_id", day), **fields)


def test_recency_counts_from_the_last_event_to_the_cutoff() -> None:
    assert of(play(98), play(99, 18 * HOUR))["recency_days"] == 0.25


def test_the_silence_up_to_the_cutoff_is_a_gap_as_well() -> None:
    assert of(play(60), play(75), play(80))["longest_gap_days"] == 20
    assert of(play(60), play(85), play(95))["longest_gap_days"] == 25


def test_windows_hold_their_oldest_midnight_and_not_the_cutoff() -> None:
    row = of(play(92, DAY - 1), play(93), play(70), play(69, DAY - 1), play(100))

    assert (row["freq_7d"], row["freq_30d"], row["freq_90d"]) == (1, 3, 4)


def test_a_session_counts_in_the_window_where_it_started() -> None:
    row = of(play(92, 23 * HOUR, session_id=1), play(93, HOUR, session_id=1, item_in_session=1))

    assert (row["freq_7d"], row["freq_30d"], row["avg_session_len_min"]) == (0, 1, 120)


def test_a_session_id_shared_with_another_listener_is_another_session() -> None:
    mine = [play(90, session_id=7), play(90, 10 * MINUTE, session_id=7, item_in_session=1)]
    other = Event("b", at(95), session_id=7)

    assert of(*mine, other) == of(*mine)


def test_nights_run_from_20_to_6_utc() -> None:
    times = (20 * HOUR - 1, 20 * HOUR, 6 * HOUR - 1, 6 * HOUR, 12 * HOUR)

    assert of(*(play(95, ms, item_in_session=n) for n, ms in enumerate(times)))["night_ratio"] == 0.4


def test_weekends_are_saturday_and_sunday_utc() -> None:
    friday, saturday, monday = play(95), play(96), play(98)

    assert of(friday, monday)["weekend_ratio"] == 0
    assert of(friday, saturday, play(97, DAY - 1), monday)["weekend_ratio"] == 0.5


def test_weeks_of_silence_count_as_zero_and_weeks_before_the_account_do_not_exist() -> None:
    old = of(play(99), play(98), registration_of(-50))
    young = of(play(99), play(80))

    assert old["weekly_mean"] == pytest.approx(3 / 12)
    assert young["weekly_mean"] == pytest.approx(1 / 2)


def registration_of(day: int) -> Event:
    return Event("a", at(99, 1), page="Home", session_id=5, registration=at(day))


def test_slope_is_positive_when_a_listener_comes_more_often() -> None:
    row = of(play(79, 1), play(87), play(94), play(95), play(96))

    assert row["activity_slope"] == pytest.approx(1.0)


def test_momentum_needs_four_weeks_and_something_to_compare_with() -> None:
    assert of(play(72), play(80), play(95), play(96))["momentum_ratio"] == 1.0
    assert of(play(95), play(96), registration_of(0))["momentum_ratio"] is None
    assert of(play(80), play(95))["momentum_ratio"] is None


def test_time_as_paid_is_time_spent_paid_until_the_cutoff() -> None:
    row = of(play(90, level="paid"), play(92, level="free"), play(97, level="paid"))

    assert (row["time_as_paid_days"], row["level_changes"], row["days_since_level_change"]) == (5, 2, 3)
    assert row["current_level"] == "paid"


def test_a_null_level_is_a_level_like_any_other() -> None:
    row = of(play(90, level="paid"), play(91, level=None), play(95, level="paid"), play(98, level=None))

    assert (row["time_as_paid_days"], row["level_changes"], row["current_level"]) == (4, 3, None)


def test_registration_after_the_first_event_does_not_shorten_the_tenure() -> None:
    row = of(play(50, registration=at(60)), play(99))

    assert (row["tenure_days"], row["history_days"], row["account_age_group"]) == (50, 50, "1 to 3 months")


def test_without_a_registration_the_tenure_is_unknown_but_the_history_is_not() -> None:
    row = of(play(70), play(99))

    assert (row["tenure_days"], row["account_age_group"], row["history_days"]) == (None, None, 30)


@pytest.mark.parametrize(
    ("registered", "group"),
    [(71, "under 1 month"), (70, "1 to 3 months"), (10, "3 to 12 months"), (-265, "over 1 year")],
)
def test_age_groups_start_at_their_limit(registered: int, group: str) -> None:
    assert of(play(99, registration=at(registered)))["account_age_group"] == group


def test_the_history_ends_where_the_log_begins() -> None:
    assert of(play(20, registration=at(-500)), cutoff=28)["history_days"] == 28


def test_a_new_artist_is_one_not_heard_earlier_in_the_lookback() -> None:
    old, new = "old", "new"
    row = of(play(60, artist=old), play(95, artist=old), play(96, artist=new), play(97, artist=new))

    assert row["new_artist_share_30d"] == 0.5


def test_songs_are_measured_in_whole_milliseconds() -> None:
    assert of(play(99, length=0.0005), play(99, 1, length=60.0), play(99, 2))["total_play_time_min"] == 60_001 / MINUTE


def test_the_gap_between_sessions_is_idle_time() -> None:
    first = [play(90, session_id=1), play(90, HOUR, session_id=1, item_in_session=1)]
    second = [play(90, 3 * HOUR, session_id=2), play(90, 4 * HOUR, session_id=2, item_in_session=1)]

    assert of(*first, *second)["avg_session_gap_hours"] == 2
    assert of(*first)["avg_session_gap_hours"] is None


def test_ratios_without_a_divisor_are_null() -> None:
    row = of(Event("a", at(99), page="Home"))

    undefined = {name for name, value in row.items() if value is None}
    assert {"diversity_ratio", "thumbs_up_share", "thumbs_per_play", "adverts_per_play"} <= undefined
    assert {"new_artist_share_30d", "play_time_trend_7d_30d", "night_share_change"} <= undefined


def test_unknown_pages_are_kept_and_counted() -> None:
    assert of(play(99), Event("a", at(99, 5), page="Karaoke"))["unique_pages"] == 2


def test_events_of_one_millisecond_are_ordered_by_session_then_item() -> None:
    log = [play(99, session_id=2, device="Mobile"), play(99, session_id=1, item_in_session=9, device="Tablet")]
    devices = ((3, "Mobile"), (4, "Tablet"), (2, "Other"))
    items = [play(99, session_id=1, item_in_session=n, device=device) for n, device in devices]

    assert of(*log)["device"] == "Mobile"
    assert of(*items)["device"] == "Tablet"


def test_a_null_of_the_latest_event_stays_null() -> None:
    assert of(play(90, gender="F"), play(99, gender=None))["gender"] is None


def test_a_song_on_another_page_is_not_a_song_played() -> None:
    row = of(play(99, song="s"), Event("a", at(99, 5), page="Thumbs Up", song="t", artist="x"))

    assert (row["unique_songs"], row["unique_artists"], row["diversity_ratio"]) == (1, 0, 1)


def test_sessions_of_almost_one_length_have_an_exact_deviation() -> None:
    lengths = [9 * DAY, 9 * DAY + 1000, 9 * DAY]
    log = [play(60 + 10 * n, ms, session_id=n, item_in_session=ms) for n, end in enumerate(lengths) for ms in (0, end)]

    assert of(*log)["std_session_len_min"] == pytest.approx((2 / 9) ** 0.5 / 60, rel=1e-12)
