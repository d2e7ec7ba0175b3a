"""Windows that follow one another add up, in both evaluators."""

from random import Random
from typing import Any

import numpy as np
import pytest

from churn_assets.cutoffs import DAY
from churn_assets.features.aggregates import ARTIST, PAGE, SONG, Window, days, heard, newly_heard, sessions
from churn_assets.features.aggregates import count as events
from churn_assets.features.batch import AGES, ages, user_features
from churn_assets.features.catalogue.session import play_ms, session_seconds
from churn_assets.features.declaration import Catalogue, FeatureGroup, count
from churn_assets.features.request import Listeners, request_features
from churn_assets.features.tables import LISTENER_DAYS, LISTENER_ITEM_GAPS
from churn_assets.ingest.tables import SESSIONS
from churn_assets.lake.engine import to_sql
from churn_assets.lake.recipe import unbound
from churn_assets_tests.features.evaluations import events_of, users
from churn_assets_tests.features.memory_batch import HORIZON, memory_batch
from churn_assets_tests.logs import LOG_START, Log, event_arrays
from churn_assets_tests.strategies import world

CROWD = world(Random(17), listeners=50, most_cutoffs=1)
CUTOFF = CROWD.cutoffs[0]
NEW, OLD, BOTH = days(20), days(20, ending=20), days(40)


class Probe(FeatureGroup):
    """Aggregates over two windows that follow one another, and over both."""

    events_new, events_old, events_both = (count("Events.", events(None, w)) for w in (NEW, OLD, BOTH))
    sessions_new, sessions_old, sessions_both = (count("Sessions.", sessions(w)) for w in (NEW, OLD, BOTH))
    seconds_new, seconds_old, seconds_both = (count("Seconds.", session_seconds(w)) for w in (NEW, OLD, BOTH))
    play_new, play_old, play_both = (count("Play time.", play_ms(w)) for w in (NEW, OLD, BOTH))
    fresh_new, fresh_old, fresh_both = (count("New artists.", newly_heard(ARTIST, w)) for w in (NEW, OLD, BOTH))
    artists_old = count("Artists of the older window.", heard(ARTIST, OLD))
    songs_new = count("Songs of the newer window.", heard(SONG, NEW))
    pages_old = count("Pages of the older window.", heard(PAGE, OLD))


CATALOGUE = Catalogue((Probe,))
Answers = dict[str, list[float]]
"""Values of each feature, in order of the listeners."""


def with_request() -> Answers:
    listeners = Listeners.of(event_arrays(CROWD.log), dict.fromkeys(users(CROWD.log), CUTOFF * DAY), HORIZON)
    return {name: np.asarray(v).tolist() for name, v in request_features(listeners, HORIZON, CATALOGUE).items()}


def with_batch() -> Answers:
    batch = memory_batch()
    batch.aggregate(CROWD.log)
    batch.connection.register(AGES, ages([CUTOFF], HORIZON.lookback_days))
    tables = {contract.table: unbound(contract) for contract in (LISTENER_DAYS, SESSIONS, LISTENER_ITEM_GAPS)}
    sql = to_sql(user_features(tables, HORIZON, CATALOGUE))
    rows: dict[str, Any] = batch.connection.sql(f"SELECT * FROM ({sql}) ORDER BY user_id").to_arrow_table().to_pydict()
    return {name: rows[name] for name in CATALOGUE.schema(90).names}


@pytest.fixture(scope="module", params=[with_request, with_batch], ids=["request", "batch"])
def answers(request: pytest.FixtureRequest) -> Answers:
    found: Answers = request.param()
    return found


@pytest.mark.parametrize("name", ["events", "sessions", "seconds", "play", "fresh"])
def test_two_windows_that_follow_one_another_add_up(name: str, answers: Answers) -> None:
    new, old, both = (np.array(answers[f"{name}_{window}"]) for window in ("new", "old", "both"))

    assert both.sum() > 0
    assert (new + old == both).all()


@pytest.mark.parametrize(
    ("name", "field", "window"),
    [("artists_old", "artist", OLD), ("songs_new", "song", NEW), ("pages_old", "page", OLD)],
)
def test_distinct_items_of_a_window_are_those_met_in_it(
    name: str, field: str, window: Window, answers: Answers
) -> None:
    lookback = Window(HORIZON.lookback_days)
    seen = [user for user in users(CROWD.log) if items(events_of(CROWD.log, user), "page", lookback)]

    expected = [len(items(events_of(CROWD.log, user), field, window)) for user in seen]

    assert answers[name] == expected


def items(log: Log, field: str, window: Window) -> set[str]:
    return {getattr(e, field) for e in log if is_in(e.ts, window) and getattr(e, field) is not None}


def is_in(ts: int, window: Window) -> bool:
    assert window.days is not None
    age = CUTOFF - ts // DAY
    return window.ending < age <= window.ending + window.days and ts >= LOG_START
