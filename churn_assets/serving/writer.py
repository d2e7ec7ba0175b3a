"""Group commit: one thread writes whatever waits in one transaction, so that many requests share one fsync."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from churn_assets.errors import StoreError, StoreUnreachableError
from churn_assets.serving.database import sqlstate
from churn_assets.serving.prediction import Answered
from churn_assets.serving.record import Record

LOGGER = logging.getLogger("churn_assets.serving")
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.02, 0.5

Write = Callable[[Sequence[Record]], Sequence[Answered]]
"""Writes records in one transaction, and gives what is stored under each one's id once that is durable."""
Rehearse = Callable[[Record], None]
"""Writes a record, and takes it back before it stays."""


@dataclass(frozen=True)
class Limits:
    """Bounds of the writer: of one transaction, of what may wait, and of how long the database is waited for."""

    batch_records: int = 256
    batch_bytes: int = 16 << 20
    waiting_records: int = 20_000
    waiting_bytes: int = 256 << 20
    patience_s: float = 10.0
    probe_s: float = 2.0


@dataclass(frozen=True)
class Trouble:
    """Why records are not kept, in words that name no value; whether nothing is kept at all, or one was refused."""

    words: str
    is_lost: bool


CLOSED = Trouble("The prediction store is closed.", is_lost=True)
STOPPED = Trouble("The writer of the prediction store has stopped.", is_lost=True)


@dataclass(frozen=True, eq=False)
class _Waiting:
    """A record on its way to the store, and who waits for it."""

    record: Record
    since: float
    future: Future[Answered] = field(default_factory=Future)


class Writer:
    """The one thread of this process that writes; what it was given is either stored or fails with StoreError.

    A record that the database refuses fails alone: its neighbours are written again, each in a transaction of its own.
    A database that does not answer is tried again until the oldest record of the batch has waited `patience_s`;
    from then on the record that was given up is rehearsed every `probe_s`, so that `trouble` ends by itself, and not
    before a record can be written again: a full disk lets connections in.
    """

    def __init__(self, write: Write, rehearse: Rehearse, limits: Limits = Limits()) -> None:
        self._write = write
        self._rehearse = rehearse
        self._limits = limits
        self._waiting: deque[_Waiting] = deque()
        self._waiting_bytes = 0
        self._is_open = True
        self._is_suspected = False
        self._trouble: Trouble | None = None
        self._given_up: Record | None = None
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="prediction-store", daemon=True)
        self._thread.start()

    @property
    def trouble(self) -> Trouble | None:
        """What came of the last record, if it was not kept; None if all is well."""
        return self._trouble if self._is_open or self._trouble is STOPPED else CLOSED

    def put(self, record: Record) -> Future[Answered]:
        """Take a record; StoreError if the writer is closed, StoreUnreachableError if too much waits already."""
        waiting = _Waiting(record, time.monotonic())
        with self._changed:
            if not self._is_open:
                raise StoreError("The prediction store is closed: open it again with open_store.")
            is_full = len(self._waiting) >= self._limits.waiting_records
            if is_full or self._waiting_bytes + record.size_bytes > self._limits.waiting_bytes:
                message = (
                    f"{len(self._waiting)} predictions wait for the prediction store, which does not keep up: "
                    "try again later, or move it to a faster disk or server with CHURN_STORE_URL."
                )
                raise StoreUnreachableError(message)
            self._waiting.append(waiting)
            self._waiting_bytes += record.size_bytes
            self._changed.notify()
        return waiting.future

    def suspect(self) -> None:
        """Let it see at once whether the database can be written to: somebody else found that it does not answer."""
        with self._changed:
            self._is_suspected = True
            self._changed.notify()

    def close(self) -> None:
        """Write what still waits, and stop; may be called more than once."""
        with self._changed:
            self._is_open = False
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        batch: Sequence[_Waiting] | None = ()
        try:
            while (batch := self._take()) is not None:
                self._settle(batch)
        finally:
            # Only a defect of ours ends the thread early; whoever waits must hear of it.
            self._abandon(batch)

    def _take(self) -> list[_Waiting] | None:
        """The next batch, the oldest first; None once the writer is closed and nothing waits any more.

        While the database is lost and nobody asks, now and then an empty one, which looks whether it is back; and one
        when it is suspected to be.
        """
        batch: list[_Waiting] = []
        with self._changed:
            while not batch:
                pause = self._limits.probe_s if self._trouble and self._trouble.is_lost else None
                self._changed.wait_for(lambda: self._waiting or self._is_suspected or not self._is_open, pause)
                self._is_suspected = False
                if not self._waiting:
                    return [] if self._is_open else None
                batch = self._of_waiting()
        return batch

    def _of_waiting(self) -> list[_Waiting]:
        """As many of those that wait as one transaction takes, the oldest first; none if all of them gave up."""
        batch: list[_Waiting] = []
        size = 0
        while self._waiting and len(batch) < self._limits.batch_records and size < self._limits.batch_bytes:
            waiting = self._waiting.popleft()
            self._waiting_bytes -= waiting.record.size_bytes
            # Who gave up before this point is left out; from here on a future cannot be cancelled.
            if waiting.future.set_running_or_notify_cancel():
                batch.append(waiting)
                size += waiting.record.size_bytes
        return batch

    def _settle(self, batch: Sequence[_Waiting]) -> None:
        """Write a batch, and tell everyone who waits what became of it."""
        try:
            stored = self._write_patiently(batch)
        except StoreUnreachableError as error:
            self._given_up = batch[0].record if batch else self._given_up
            self._note(error, is_lost=True)
            _fail(batch, error)
        except StoreError as error:
            if len(batch) > 1:
                for waiting in batch:
                    self._settle([waiting])
                return
            self._note(error, is_lost=not batch)
            _fail(batch, error)
        else:
            self._trouble = self._given_up = None
            for waiting, answered in zip(batch, stored, strict=True):
                waiting.future.set_result(answered)

    def _note(self, error: StoreError, *, is_lost: bool) -> None:
        """Remember what is wrong, and log it when it is news; never with a value."""
        what = "is not to be had" if is_lost else "refused a record"
        trouble = Trouble(f"The prediction store {what}: {named(error)}.", is_lost)
        if trouble != self._trouble:
            LOGGER.warning(trouble.words)
        self._trouble = trouble

    def _write_patiently(self, batch: Sequence[_Waiting]) -> Sequence[Answered]:
        if not batch and self._given_up is not None:
            self._rehearse_given_up(self._given_up)
            return ()
        records = [waiting.record for waiting in batch]
        since = batch[0].since if batch else float("-inf")
        deadline, pause = since + self._limits.patience_s, FIRST_PAUSE_S
        while True:
            try:
                return self._write(records)
            except StoreUnreachableError:
                if time.monotonic() + pause > deadline:
                    raise
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)

    def _rehearse_given_up(self, record: Record) -> None:
        try:
            self._rehearse(record)
        except StoreUnreachableError:
            raise
        except StoreError:
            # The database answers, and says that this record is wrong; others may be well.
            return

    def _abandon(self, batch: Sequence[_Waiting] | None) -> None:
        with self._changed:
            if batch is not None:
                self._trouble = STOPPED
                LOGGER.error(STOPPED.words)
            self._is_open = False
            left = [*(waiting for waiting in batch or () if not waiting.future.done()), *self._waiting]
            self._waiting.clear()
        _fail(left, StoreError("The writer of the prediction store has stopped: open the store again."))


def named(error: BaseException | None) -> str:
    """The types of an error and of what it was raised from, with PostgreSQL's code; none of their words."""
    names, code = [], sqlstate(error)
    while error is not None:
        names.append(type(error).__name__)
        error = error.__cause__
    return " < ".join(names) + (f" (SQLSTATE {code})" if code else "")


def _fail(batch: Sequence[_Waiting], error: StoreError) -> None:
    for waiting in batch:
        waiting.future.set_exception(error)
