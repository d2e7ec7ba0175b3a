"""The thread that groups what waits into one transaction."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from churn_assets.errors import StoreError, StoreUnreachableError
from churn_assets.serving.prediction import Answered
from churn_assets.serving.record import Record, record
from churn_assets.serving.writer import Limits, Trouble, Writer
from churn_assets_tests.serving.answers import answer, names


@dataclass
class Shelf:
    """Takes records a batch at a time, the first only once the gate is open; `failures` come before it works."""

    failures: list[Exception] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    batches: list[list[str]] = field(default_factory=list)
    rehearsed: list[str] = field(default_factory=list)

    def write(self, records: Sequence[Record]) -> Sequence[Answered]:
        self.gate.wait(60)
        if self.failures:
            raise self.failures.pop(0)
        self.batches.append([one.request_id for one in records])
        return [one.answered for one in records]

    def rehearse(self, one: Record) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.rehearsed.append(one.request_id)


def records(count: int) -> list[Record]:
    return [record(answer(name)) for name in names("r", count)]


def started(writer: Writer, first: Record) -> None:
    """Hand in the first record, and wait until its transaction has begun."""
    future = writer.put(first)
    deadline = time.monotonic() + 60
    while not future.running() and time.monotonic() < deadline:
        time.sleep(0.001)


def test_what_waits_during_one_transaction_shares_the_next_in_order() -> None:
    shelf = Shelf()
    writer = Writer(shelf.write, shelf.rehearse)
    first, *others = records(20)
    started(writer, first)

    futures = [writer.put(one) for one in others]
    shelf.gate.set()
    writer.close()

    assert [future.result(0).request_id for future in futures] == names("r", 20)[1:]
    assert shelf.batches == [["r-0"], names("r", 20)[1:]]


@pytest.mark.parametrize("limits", [Limits(batch_records=4), Limits(batch_bytes=4 * records(1)[0].size_bytes)])
def test_a_transaction_is_bounded(limits: Limits) -> None:
    shelf = Shelf()
    writer = Writer(shelf.write, shelf.rehearse, limits)
    first, *others = records(11)
    started(writer, first)
    for one in others:
        writer.put(one)

    shelf.gate.set()
    writer.close()

    assert [len(batch) for batch in shelf.batches] == [1, 4, 4, 2]


@pytest.mark.parametrize("limits", [Limits(waiting_records=3), Limits(waiting_bytes=3 * records(1)[0].size_bytes)])
def test_what_may_wait_is_bounded_and_the_rest_is_told_to_come_again(limits: Limits) -> None:
    shelf = Shelf()
    writer = Writer(shelf.write, shelf.rehearse, limits)
    first, *others = records(5)
    started(writer, first)
    futures = [writer.put(one) for one in others[:3]]

    with pytest.raises(StoreUnreachableError, match="try again later"):
        writer.put(others[3])
    shelf.gate.set()
    writer.close()

    assert all(future.result(0) for future in futures)


def test_a_database_that_is_away_for_a_moment_is_tried_again() -> None:
    shelf = Shelf([StoreUnreachableError("away")] * 3)
    shelf.gate.set()
    writer = Writer(shelf.write, shelf.rehearse)

    assert writer.put(records(1)[0]).result(60).request_id == "r-0"
    writer.close()


def test_a_database_that_stays_away_is_given_up_and_the_next_record_is_tried_again() -> None:
    shelf = Shelf([StoreUnreachableError("away")] * 2)
    shelf.gate.set()
    writer = Writer(shelf.write, shelf.rehearse, Limits(patience_s=0))
    first, second, third = records(3)

    for lost in (first, second):
        with pytest.raises(StoreUnreachableError, match="away"):
            writer.put(lost).result(60)
    assert writer.put(third).result(60).request_id == "r-2"
    writer.close()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_defect_reaches_everyone_who_waits_and_ends_the_writer() -> None:
    shelf = Shelf([ZeroDivisionError()])
    writer = Writer(shelf.write, shelf.rehearse)
    first, *others = records(3)
    started(writer, first)
    futures = [writer.put(one) for one in others]

    shelf.gate.set()

    for future in futures:
        with pytest.raises(StoreError, match="has stopped"):
            future.result(60)
    with pytest.raises(StoreError, match="closed"):
        writer.put(first)
    assert writer.trouble == Trouble("The writer of the prediction store has stopped.", is_lost=True)
    writer.close()


def test_a_refused_record_is_told_of_until_the_next_is_kept() -> None:
    shelf = Shelf([StoreError("refused")])
    shelf.gate.set()
    writer = Writer(shelf.write, shelf.rehearse)
    bad, good = records(2)

    with pytest.raises(StoreError, match="refused"):
        writer.put(bad).result(60)
    refused = writer.trouble
    writer.put(good).result(60)

    assert refused == Trouble("The prediction store refused a record: StoreError.", is_lost=False)
    assert writer.trouble is None
    writer.close()
    assert writer.trouble == Trouble("The prediction store is closed.", is_lost=True)


def lost(shelf: Shelf) -> Writer:
    """A writer that has given a record up."""
    shelf.gate.set()
    writer = Writer(shelf.write, shelf.rehearse, Limits(patience_s=0, probe_s=0.01))
    with pytest.raises(StoreUnreachableError):
        writer.put(records(1)[0]).result(60)
    return writer


def wait_until_well(writer: Writer) -> None:
    deadline = time.monotonic() + 60
    while writer.trouble is not None and time.monotonic() < deadline:
        time.sleep(0.001)
    assert writer.trouble is None


def test_a_lost_database_is_looked_for_with_the_record_that_was_given_up_though_nobody_asks() -> None:
    shelf = Shelf([StoreUnreachableError("away")] * 3)
    writer = lost(shelf)

    wait_until_well(writer)
    writer.close()

    assert (shelf.failures, shelf.rehearsed, shelf.batches) == ([], ["r-0"], [])


def test_a_database_that_only_refuses_the_record_given_up_is_there_again() -> None:
    shelf = Shelf([StoreUnreachableError("away"), StoreError("refused")])
    writer = lost(shelf)

    wait_until_well(writer)
    writer.close()

    assert (shelf.failures, shelf.rehearsed) == ([], [])


def test_a_suspicion_is_looked_into_at_once_and_again_until_the_database_is_back() -> None:
    shelf = Shelf(failures=[StoreUnreachableError("away")] * 3)
    shelf.gate.set()
    writer = Writer(shelf.write, shelf.rehearse, Limits(probe_s=0.01))

    writer.suspect()
    while not shelf.batches:
        assert writer.trouble is None or writer.trouble.is_lost
        time.sleep(0.001)
    writer.close()

    assert (shelf.failures, shelf.batches) == ([], [[]])


def test_a_suspicion_without_reason_changes_nothing() -> None:
    shelf = Shelf()
    shelf.gate.set()
    writer = Writer(shelf.write, shelf.rehearse)

    writer.suspect()
    future = writer.put(records(1)[0])

    assert future.result(60).request_id == "r-0"
    assert writer.trouble is None
    writer.close()
