from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from churn_assets.cutoffs import DAY, EPOCH
from churn_assets.features.catalogue import CATALOGUE
from churn_assets.features.declaration import Feature, Kind
from churn_assets.features.point_in_time import event_columns, moved_features
from churn_assets.ingest.tables import EVENTS
from churn_assets_tests.features.memory_batch import HORIZON, memory_batch
from churn_assets_tests.logs import FIRST, Event, Log, at

CUTOFF = FIRST + 35
CUTOFF_DAY: date = EPOCH + timedelta(days=CUTOFF)
TIMES = ("ts", "registration")
PAST = [
    Event(user, at(day, ms), page, 1 + day % 3, n, "paid" if day > 20 else "free", f"x{day % 4}", f"s{day % 5}", 200.25)
    for user, days in (("a", (0, 6, 20, 33, 34)), ("b", (7, 30)), ("c", (3, 4)))
    for day in days
    for n, (ms, page) in enumerate(((0, "NextSong"), (60_000, "Thumbs Up"), (90_000, "NextSong")))
]
FUTURE = [
    *(Event(user, at(day), "NextSong", 9, 0, "paid", "new", "new", 90.0) for user in "ab" for day in (35, 36, 50)),
    Event("c", at(35), "Cancellation Confirmation", 9),
]


def stored(log: Log) -> pd.DataFrame:
    """Rows of `user_features` at the cut-off, from the batch path."""
    rows = memory_batch().features(log, [CUTOFF])
    frame = pd.DataFrame([{"user_id": user} | dict(row) for (user, _), row in sorted(rows.items())])
    numeric = [feature.name for feature in CATALOGUE.features if feature.kind is not Kind.CATEGORY]
    return frame.astype(dict.fromkeys(numeric, float))


def events(log: Log) -> pd.DataFrame:
    """The log as rows of `events`, as the leak alarm reads them."""
    frame = pd.DataFrame([{name: getattr(event, name) for name in EVENTS.names if name != "day"} for event in log])
    return frame.astype(dict.fromkeys(TIMES, "datetime64[ms]"))


def moved(rows: pd.DataFrame, log: Log) -> Sequence[str]:
    """The features that do not stand."""
    return moved_features(rows, events(log), CUTOFF_DAY, horizon=HORIZON)


@pytest.fixture(scope="module")
def honest() -> pd.DataFrame:
    """What the batch path says of the past, future events being in the log."""
    return stored([*PAST, *FUTURE])


def changed(rows: pd.DataFrame, name: str, value: object) -> pd.DataFrame:
    """The rows with another value of one feature for the first listener."""
    copy = rows.copy()
    copy[name] = [value, *rows[name].iloc[1:]]
    return copy


def test_features_of_the_batch_path_stand_when_later_events_are_taken_away(honest: pd.DataFrame) -> None:
    assert moved(honest, PAST) == []


def test_later_events_in_the_hand_of_the_judge_change_nothing(honest: pd.DataFrame) -> None:
    assert moved(honest, [*FUTURE, *PAST]) == []


KINDS = {feature.kind: feature for feature in CATALOGUE.features}
"""One feature of each kind."""


def false_value(feature: Feature) -> object:
    """A value that no feature of that kind has here."""
    return "elsewhere" if feature.kind is Kind.CATEGORY else 12345.5


@pytest.mark.parametrize("feature", KINDS.values(), ids=lambda feature: feature.name)
def test_a_false_value_of_one_listener_convicts_its_feature_alone(feature: Feature, honest: pd.DataFrame) -> None:
    assert moved(changed(honest, feature.name, false_value(feature)), PAST) == [feature.name]


def test_every_feature_is_looked_at(honest: pd.DataFrame) -> None:
    rows = honest
    for feature in CATALOGUE.features:
        rows = changed(rows, feature.name, false_value(feature))

    assert moved(rows, PAST) == [feature.name for feature in CATALOGUE.features]


def test_a_value_that_became_null_is_found_for_every_feature(honest: pd.DataFrame) -> None:
    known = [feature.name for feature in CATALOGUE.features if not pd.isna(honest[feature.name].iloc[0])]
    rows = honest
    for name in known:
        rows = changed(rows, name, None)

    assert len(known) > len(CATALOGUE.features) / 2
    assert moved(rows, PAST) == known


def test_a_value_where_the_past_gives_null_is_found(honest: pd.DataFrame) -> None:
    unknown = [f for f in CATALOGUE.features if f.kind is not Kind.CATEGORY and pd.isna(honest[f.name].iloc[0])]
    rows = honest
    for feature in unknown:
        rows = changed(rows, feature.name, 0.0)

    assert unknown
    assert moved(rows, PAST) == [feature.name for feature in unknown]


def test_stored_features_that_saw_the_next_two_days_are_found() -> None:
    shifted = [Event(**{**vars(event), "ts": event.ts - 2 * DAY}) for event in [*PAST, *FUTURE]]

    found = moved(stored(shifted), PAST)

    assert {"recency_days", "freq_7d", "unique_songs", "active_days_ratio"} <= set(found)


def test_a_listener_without_an_event_before_the_cutoff_moves_every_feature(honest: pd.DataFrame) -> None:
    invented = pd.concat([honest, honest.iloc[[0]].assign(user_id="d")], ignore_index=True)

    found = moved(invented, [*PAST, Event("d", at(40))])

    assert found == [feature.name for feature in CATALOGUE.features]


def test_the_order_of_stored_rows_and_of_events_does_not_matter(honest: pd.DataFrame) -> None:
    assert moved(honest.iloc[::-1], PAST[::-1]) == []


def test_a_difference_of_the_last_bits_is_not_a_move(honest: pd.DataFrame) -> None:
    value = float(honest["total_play_time_min"].iloc[0])

    assert moved(changed(honest, "total_play_time_min", np.nextafter(value, np.inf)), PAST) == []


def test_times_become_epoch_milliseconds_and_a_missing_one_nan() -> None:
    frame = events([Event("a", at(1, 5), registration=at(-3)), Event("b", at(2), level=None)])

    columns = event_columns(frame)

    assert columns["ts"].tolist() == [at(1, 5), at(2)]
    assert columns["registration"][0] == at(-3)
    assert np.isnan(columns["registration"][1])
    assert columns["level"].tolist() == ["free", None]
