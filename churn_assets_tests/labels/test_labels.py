"""Who is at risk, who churned, who cancelled: by hand and against a plain second opinion."""

from random import Random

from hypothesis import given

from churn_assets.cutoffs import DAY
from churn_assets_tests.features import oracle
from churn_assets_tests.features.evaluations import events_of, users
from churn_assets_tests.features.memory_batch import HORIZON, Row, memory_batch
from churn_assets_tests.logs import FIRST, Event, Log, at
from churn_assets_tests.strategies import BATCH, World, crowds, world

CUTOFF = FIRST + 100
CONFIRMED = "Cancellation Confirmation"


def of(*log: Event) -> Row:
    return memory_batch().labels(log, [CUTOFF])[1]["a", CUTOFF]


def reckoned(log: Log, cutoffs: list[int]) -> dict[tuple[str, int], Row]:
    found = {(u, c): oracle.labels(events_of(log, u), c, HORIZON) for u in users(log) for c in cutoffs}
    return {key: row for key, row in found.items() if row is not None}


@BATCH
@given(crowds(listeners=40))
def test_labels_agree_with_the_second_opinion(crowd: World) -> None:
    _, labels = memory_batch().labels(crowd.log, crowd.cutoffs)

    assert labels == reckoned(crowd.log, crowd.cutoffs)


def test_labels_and_features_are_of_the_same_listeners() -> None:
    crowd = world(Random(9), listeners=60)

    population, labels = memory_batch().labels(crowd.log, crowd.cutoffs)

    assert population.keys() == labels.keys() == memory_batch().features(crowd.log, crowd.cutoffs).keys()


def test_the_random_crowds_hold_every_kind_of_outcome() -> None:
    crowd = world(Random(9), listeners=200, most_cutoffs=5)

    outcomes = {tuple(row.values()) for row in reckoned(crowd.log, crowd.cutoffs).values()}

    assert len(outcomes) == 6


def test_the_population_tells_the_last_event_before_the_cutoff() -> None:
    log = [Event("a", at(80)), Event("a", at(99, 5)), Event("a", at(100))]

    population, _ = memory_batch().labels(log, [CUTOFF])

    assert population["a", CUTOFF] == {"last_ts": at(99, 5), "is_cancelled": False, "at_risk": True}


def test_at_risk_needs_an_event_in_the_30_days_before_the_cutoff() -> None:
    assert of(Event("a", at(70)))["at_risk"]
    assert not of(Event("a", at(70) - 1))["at_risk"]


def test_a_canceller_is_gone_unless_a_later_event_followed() -> None:
    cancelled = Event("a", at(90), CONFIRMED, session_id=2)

    assert not of(Event("a", at(80)), cancelled)["at_risk"]
    assert of(cancelled, Event("a", at(90), session_id=3))["at_risk"]
    assert not of(cancelled, Event("a", at(90), session_id=1))["at_risk"]


def test_the_label_window_runs_from_the_cutoff_to_30_days_later() -> None:
    known = Event("a", at(99))

    assert not of(known, Event("a", at(100)))["churned"]
    assert not of(known, Event("a", at(130) - 1))["churned"]
    assert of(known, Event("a", at(130)))["churned"]


def test_who_cancels_inside_the_window_has_not_churned() -> None:
    row = of(Event("a", at(99)), Event("a", at(110), CONFIRMED))

    assert row == {"at_risk": True, "churned": False, "cancelled": True}


def test_a_cancellation_before_the_window_is_not_in_the_label() -> None:
    assert not of(Event("a", at(99), CONFIRMED), Event("a", at(101)))["cancelled"]


def test_a_listener_first_met_in_the_window_has_no_label() -> None:
    assert memory_batch().labels([Event("a", at(100))], [CUTOFF]) == ({}, {})


def test_labels_of_many_cutoffs_in_one_pass_equal_one_at_a_time() -> None:
    crowd = world(Random(21), listeners=30, most_cutoffs=4)
    _, together = memory_batch().labels(crowd.log, crowd.cutoffs)

    singly = [memory_batch().labels(crowd.log, [cutoff])[1] for cutoff in crowd.cutoffs]

    assert together == {key: row for rows in singly for key, row in rows.items()}


def test_events_after_the_window_change_no_label() -> None:
    crowd = world(Random(22), listeners=40, most_cutoffs=1)
    closed = (crowd.cutoffs[0] + 30) * DAY
    early = [event for event in crowd.log if event.ts < closed]

    assert memory_batch().labels(early, crowd.cutoffs) == memory_batch().labels(crowd.log, crowd.cutoffs)
