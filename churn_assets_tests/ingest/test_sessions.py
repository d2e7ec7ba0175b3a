from collections.abc import Sequence
from typing import Any

from hypothesis import given

from churn_assets.cutoffs import DAY, HOUR
from churn_assets.ingest.tables import SESSIONS
from churn_assets_tests.features.memory_batch import memory_batch
from churn_assets_tests.logs import FIRST, Event, Log, at
from churn_assets_tests.strategies import BATCH, World, crowds


def sessions(log: Log) -> list[dict[str, Any]]:
    memory_batch().aggregate(log)
    return list(memory_batch().table(SESSIONS).to_pylist())


def of(rows: Sequence[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in names) for row in rows]


def test_a_session_lasts_from_its_first_event_to_its_last() -> None:
    log = [Event("a", at(0, ms), item_in_session=n) for n, ms in enumerate((900, 100, 500))]

    (row,) = sessions(log)

    assert (row["start_ts"], row["end_ts"], row["events"]) == (at(0, 100), at(0, 900), 3)


def test_a_session_id_shared_by_two_listeners_is_two_sessions() -> None:
    assert of(sessions([Event("b", at(0)), Event("a", at(0))]), "user_id", "session_id") == [("a", 1), ("b", 1)]


def test_a_session_that_crosses_midnight_has_a_part_on_each_day() -> None:
    log = [Event("a", at(0, 23 * HOUR)), Event("a", at(1)), Event("a", at(1, HOUR), item_in_session=2)]

    parts = of(sessions(log), "day", "start_ts", "end_ts")

    assert parts == [(FIRST, at(0, 23 * HOUR), at(0, 23 * HOUR)), (FIRST + 1, at(1), at(1, HOUR))]


def test_only_songs_count_as_plays_and_a_song_without_length_plays_no_time() -> None:
    log = [
        Event("a", at(0), length=1.0005),
        Event("a", at(0, 1), length=None),
        Event("a", at(0, 2), page="Roll Advert", length=30.0),
    ]

    assert of(sessions(log), "plays", "play_ms") == [(2, 1001)]


@BATCH
@given(crowds(listeners=15, most_cutoffs=1))
def test_parts_lie_within_their_day_and_hold_every_event_once(crowd: World) -> None:
    rows = sessions(crowd.log)

    assert all(row["day"] == row["start_ts"] // DAY == row["end_ts"] // DAY for row in rows)
    assert sum(row["events"] for row in rows) == len(crowd.log)
    assert len({(row["day"], row["user_id"], row["session_id"]) for row in rows}) == len(rows)
    assert sum(row["plays"] for row in rows) == sum(event.page == "NextSong" for event in crowd.log)
