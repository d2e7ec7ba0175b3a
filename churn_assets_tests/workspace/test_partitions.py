"""Which partitions a choice means, held against an oracle that looks at every day by itself."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churn_assets.contracts.arrow import arrow_schema
from churn_assets.cutoffs import days_between
from churn_assets.errors import ImmatureLabelError, LakeError, MissingPartitionError, UnknownNameError
from churn_assets.ingest.tables import EVENTS
from churn_assets.lake.lake import Lake
from churn_assets.settings import Settings
from churn_assets.workspace.catalogue import find
from churn_assets.workspace.choice import Asked, Choice
from churn_assets.workspace.making import wanted_keys
from churn_assets.workspace.partitions import Partitions, Shelf

FIRST = date(2026, 1, 5)
DAYS = 21
EXAMPLES = 40
LAST = FIRST + timedelta(days=DAYS - 1)
EVERY = [day.isoformat() for day in days_between(FIRST, LAST)]
TODAY = date(2026, 3, 1)
SETTINGS = Settings(
    first_day=FIRST,
    last_day=LAST,
    warmup_days=7,
    horizon_days=7,
    lookback_days=14,
    at_risk_days=7,
    report_days=5,
    _env_file=None,
)
ONE_EVENT = pa.Table.from_pylist([{"user_id": "1", "page": "Home"}], schema=arrow_schema(EVENTS))
NO_EVENT = ONE_EVENT.slice(1)


def shelf_in(folder: Path, *, landed: int = DAYS, missing: Collection[int] = (), **told: object) -> Shelf:
    """A lake of so many days of events, in which some are missing."""
    lake = Lake(folder)
    for number, key in enumerate(EVERY[:landed]):
        if number not in missing:
            path = lake.path(EVENTS, key)
            path.parent.mkdir(parents=True)
            pq.write_table(ONE_EVENT, path)
    return Shelf(SETTINGS.model_copy(update=told), lake, TODAY)


@contextmanager
def some_shelf(landed: int, missing: Collection[int]) -> Iterator[Partitions]:
    """The events of such a lake, whose newest day is always there."""
    with TemporaryDirectory() as folder:
        inner = {number for number in missing if number < landed - 1}
        yield shelf_in(Path(folder), landed=landed, missing=inner).partitions(find("events"))


def keys_of(partitions: Partitions, **asked: object) -> list[str]:
    """Keys of what a choice means."""
    choice = Choice.of(partitions.entry, Asked(**asked))  # type: ignore[arg-type]
    return [key for key, _ in partitions.scan(choice).files]


numbers = st.integers(-3, DAYS + 3)


@settings(max_examples=EXAMPLES)
@given(st.integers(1, DAYS), st.sets(st.integers(0, DAYS), max_size=3), numbers, st.integers(0, DAYS))
def test_a_span_is_every_landed_day_in_it_or_an_error(landed: int, missing: set[int], start: int, width: int) -> None:
    first, last = FIRST + timedelta(days=start), FIRST + timedelta(days=start + width)
    with some_shelf(landed, missing) as partitions:
        there = set(partitions.there)
        wanted = [key for key in EVERY[:landed] if first.isoformat() <= key <= last.isoformat()]

        if wanted and there >= set(wanted):
            assert keys_of(partitions, start=first, end=last) == wanted
        else:
            with pytest.raises(MissingPartitionError):
                keys_of(partitions, start=first, end=last)


@settings(max_examples=EXAMPLES)
@given(st.integers(1, DAYS), st.sets(st.integers(0, DAYS), max_size=3), st.sets(numbers, min_size=1, max_size=4))
def test_named_days_are_all_there_or_an_error(landed: int, missing: set[int], named: set[int]) -> None:
    days = [FIRST + timedelta(days=number) for number in named]
    with some_shelf(landed, missing) as partitions:
        if {day.isoformat() for day in days} <= set(partitions.there):
            assert keys_of(partitions, day=days) == sorted(day.isoformat() for day in days)
        else:
            with pytest.raises(LakeError):
                keys_of(partitions, day=days)


@settings(max_examples=EXAMPLES)
@given(st.integers(1, DAYS), numbers, st.integers(0, DAYS))
def test_what_is_made_of_a_span_is_what_can_be_made_of_it(landed: int, start: int, width: int) -> None:
    first, last = FIRST + timedelta(days=start), FIRST + timedelta(days=start + width)
    with some_shelf(landed, ()) as partitions:
        features = partitions.shelf.partitions(find("user_features"))
        clock = FIRST + timedelta(days=landed)
        cutoffs = [
            day.isoformat()
            for day in days_between(FIRST + timedelta(days=7), clock)
            if day.weekday() == 0 and first <= day <= last
        ]

        choice = Choice.of(features.entry, Asked(start=first, end=last))
        if cutoffs:
            assert wanted_keys(features, choice) == cutoffs
        else:
            with pytest.raises(MissingPartitionError, match="What can be made"):
                wanted_keys(features, choice)


@pytest.mark.parametrize(
    ("name", "possible"),
    [
        ("events", EVERY),
        ("user_features", ["2026-01-12", "2026-01-19", "2026-01-26"]),
        ("churn_labels", ["2026-01-12", "2026-01-19"]),
        ("retention_list", ["2026-01-26"]),
        ("drift_report", EVERY[-5:]),
        ("training_set", [""]),
        ("retraining_decision", []),
    ],
)
def test_what_can_be_made_follows_from_settings_and_data_clock(tmp_path: Path, name: str, possible: list[str]) -> None:
    assert list(shelf_in(tmp_path).partitions(find(name)).possible) == possible


def test_the_data_clock_stands_after_the_last_day_that_has_events(tmp_path: Path) -> None:
    shelf = shelf_in(tmp_path, landed=10)
    pq.write_table(NO_EVENT, shelf.lake.path(EVENTS, EVERY[9]))

    assert shelf.clock == FIRST + timedelta(days=9)
    assert shelf.told == "data clock 2026-01-14"
    assert list(shelf.partitions(find("drift_report")).possible) == EVERY[4:9]


def test_an_open_log_ends_yesterday(tmp_path: Path) -> None:
    shelf = shelf_in(tmp_path, last_day="open")

    assert shelf.last_day == TODAY - timedelta(days=1)
    assert shelf.partitions(find("events")).possible[-1] == "2026-02-28"


@pytest.mark.parametrize("schedule", ["wednesday", "daily"])
def test_other_schedules_name_their_own_neighbours(tmp_path: Path, schedule: str) -> None:
    features = shelf_in(tmp_path, cutoff_schedule=schedule).partitions(find("user_features"))

    for key in features.possible:
        features.require_possible([key])
    with pytest.raises(LakeError, match=r"no cut-off|cannot have"):
        features.require_possible(["2026-01-27"] if schedule == "daily" else ["2026-01-19"])


@pytest.mark.parametrize(
    ("name", "key", "error", "said"),
    [
        ("user_features", "2026-01-13", UnknownNameError, "2026-01-13 is a Tuesday and no cut-off: each is a Monday"),
        ("user_features", "2026-01-05", UnknownNameError, "the first is 2026-01-12, after 7 days of log"),
        ("user_features", "2026-02-02", MissingPartitionError, "landed up to 2026-01-25, so the newest cut-off"),
        ("churn_labels", "2026-01-26", ImmatureLabelError, r"2026-02-02 \(exclusive\).*2026-01-12 to 2026-01-19"),
        ("retention_list", "2026-01-19", MissingPartitionError, "for the newest cut-off alone, 2026-01-26"),
        ("drift_report", "2026-01-10", MissingPartitionError, "newest 5 days that landed, up to 2026-01-25"),
        ("events", "2026-01-26", MissingPartitionError, "lasts from 2026-01-05 to 2026-01-25"),
    ],
)
def test_why_a_partition_cannot_be_is_said(
    tmp_path: Path, name: str, key: str, error: type[LakeError], said: str
) -> None:
    with pytest.raises(error, match=said):
        shelf_in(tmp_path).partitions(find(name)).require_possible([key])


def test_before_anything_landed_every_table_says_so(tmp_path: Path) -> None:
    shelf = Shelf(SETTINGS, Lake(tmp_path), TODAY)

    assert shelf.told == "nothing has landed yet"
    for name, key in (("user_features", "2026-01-12"), ("churn_labels", "2026-01-12"), ("drift_report", "2026-01-12")):
        with pytest.raises(MissingPartitionError, match="Nothing has landed in"):
            shelf.partitions(find(name)).require_possible([key])
    with pytest.raises(MissingPartitionError, match="Nothing has landed in"):
        wanted_keys(shelf.partitions(find("user_features")), Choice())
