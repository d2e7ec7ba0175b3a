"""Item gaps against a plain reckoning: which items, how long before, however the log repeats itself."""

from collections import Counter
from collections.abc import Iterable, Sequence
from random import Random

import pytest

from churn_assets.features.aggregates import ITEM_CONDITIONS, PLAY
from churn_assets.features.item_gaps import OFTEN_REPEATED
from churn_assets.features.tables import ITEMS, LISTENER_ITEM_GAPS
from churn_assets_tests.features.memory_batch import HORIZON, MemoryBatch
from churn_assets_tests.logs import FIRST, Event, Log, at
from churn_assets_tests.strategies import world

Gaps = dict[tuple[str, int, int | None], dict[str, int]]
"""Items of each kind, by listener, day and gap."""


@pytest.fixture(scope="module")
def batch() -> MemoryBatch:
    return MemoryBatch(HORIZON)


def made(batch: MemoryBatch, log: Log, days: Sequence[int] | None = None, **how: bool) -> Gaps:
    """The gaps of `days` (every day of the log, if None)."""
    batch.aggregate(log)
    if days is not None:
        batch.make_gaps(days, **how)
    rows = batch.table(LISTENER_ITEM_GAPS).to_pylist()
    return {(r["user_id"], r["day"], r["gap_days"]): {name: r[name] for name in ITEMS.values()} for r in rows}


def reckoned(log: Log) -> Gaps:
    """The same, from sets of days."""
    found: dict[tuple[str, int, int | None], Counter[str]] = {}
    for kind, column in ITEMS.items():
        for (user, _), days in met(log, kind).items():
            ordered = sorted(days)
            for before, day in zip([None, *ordered], ordered, strict=False):
                gap = None if before is None or day - before > HORIZON.lookback_days else day - before
                found.setdefault((user, day, gap), Counter())[column] += 1
    return {key: {name: counts[name] for name in ITEMS.values()} for key, counts in found.items()}


def met(log: Iterable[Event], kind: str) -> dict[tuple[str, str], set[int]]:
    """The days on which each listener met each item of a kind."""
    days: dict[tuple[str, str], set[int]] = {}
    for event in log:
        item = getattr(event, kind)
        is_counted = kind not in ITEM_CONDITIONS or event.page == PLAY.name
        if item is not None and is_counted:
            days.setdefault((event.user_id, item), set()).add(event.day)
    return days


@pytest.mark.parametrize("seed", [3, 4])
def test_gaps_are_those_of_a_plain_reckoning(seed: int, batch: MemoryBatch) -> None:
    log = world(Random(seed), listeners=30, most_cutoffs=1).log

    assert made(batch, log) == reckoned(log)


@pytest.mark.parametrize("of_few_days", [True, False])
@pytest.mark.parametrize("is_scattered", [True, False])
@pytest.mark.parametrize("every", [1, 7, 1000])
def test_gaps_of_some_days_are_theirs_among_the_gaps_of_all(
    batch: MemoryBatch, *, every: int, of_few_days: bool, is_scattered: bool
) -> None:
    log = world(Random(5), listeners=20, most_cutoffs=1).log
    days = sorted({event.day for event in log}, reverse=True)[::every]

    asked = made(batch, log, days, of_few_days=of_few_days, is_scattered=is_scattered)

    assert asked
    assert asked == {key: counts for key, counts in reckoned(log).items() if key[1] in days}


def test_an_item_of_two_listeners_is_met_by_each_for_itself(batch: MemoryBatch) -> None:
    log = [Event(user, at(day), song="s", artist=user) for user, day in (("a", 0), ("b", 1), ("a", 2))]

    songs = {key: counts["songs"] for key, counts in made(batch, log).items() if counts["songs"]}

    assert songs == {("a", FIRST, None): 1, ("b", FIRST + 1, None): 1, ("a", FIRST + 2, 2): 1}


def test_an_item_met_again_on_its_day_counts_once(batch: MemoryBatch) -> None:
    log = [Event("a", at(day, n), song="s", item_in_session=n) for day in (0, 3) for n in range(4)]

    rows = made(batch, log)

    assert {key[2]: counts["songs"] for key, counts in rows.items()} == {None: 1, 3: 1}


def test_a_song_an_artist_and_a_page_of_one_name_are_three_items(batch: MemoryBatch) -> None:
    log = [Event("a", at(0), page=PLAY.name, song=PLAY.name, artist=PLAY.name)]

    assert made(batch, log) == {("a", FIRST, None): {"artists": 1, "pages": 1, "songs": 1}}


def test_an_item_of_an_event_that_is_no_play_is_not_met(batch: MemoryBatch) -> None:
    log = [Event("a", at(0), page="Home", song="s", artist="x")]

    assert made(batch, log) == {("a", FIRST, None): {"artists": 0, "pages": 1, "songs": 0}}


def test_what_is_often_repeated_is_an_item() -> None:
    assert set(OFTEN_REPEATED) <= ITEMS.keys()


def test_every_row_holds_items(batch: MemoryBatch) -> None:
    rows = made(batch, world(Random(6), listeners=10, most_cutoffs=1).log)

    assert min(sum(counts.values()) for counts in rows.values()) >= 1
