"""Group commit: one thread writes whatever waits in one transaction, so that many requests share one fsync."""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from churn_assets.errors import StoreError, StoreUnreachableError
from churn_assets.serving.prediction import Answered
from churn_assets.serving.record import Record

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.02, 0.5

Write = Callable[[Sequence[Record]], Sequence[Answered]]
"""Writes records in one transaction, and gives what is stored under each one's id once that is durable."""


@dataclass(frozen=True)
class Limits:
    """Bounds of the writer: of one transaction, of what may wait, and of how long the database is waited for."""

    batch_records: int = 256
    batch_bytes: int = 16 << 20
    waiting_records: int = 20_000
    waiting_bytes: int = 256 << 20
    patience_s: float = 10.0


@dataclass(frozen=True, eq=False)
class _Waiting:
    """A record on its way to the store, and who waits for it."""

    record: Record
    since: float
    future: Future[Answered] = field(default_factory=Future)


class Writer:
    """The one thread of this process that writes; what it was given is either stored or fails with StoreError.

    A record that the database refuses fails alone: its neighbours are written again, each in a transaction of its own.
    A database that does not answer is tried again until the oldest record of the batch has waited `patience_s`.
    """

    def __init__(self, write: Write, limits: Limits = Limits()) -> None:
        self._write = write
        self._limits = limits
        self._waiting: deque[_Waiting] = deque()
        self._waiting_bytes = 0
        self._is_open = True
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="prediction-store", daemon=True)
        self._thread.start()

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

    def close(self) -> None:
        """Write what still waits, and stop; may be called more than once."""
        with self._changed:
            self._is_open = False
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        batch: Sequence[_Waiting] = ()
        try:
            while batch := self._take():
                self._settle(batch)
        finally:
            # Only a defect of ours ends the thread early; whoever waits must hear of it.
            self._abandon(batch)

    def _take(self) -> list[_Waiting]:
        """The next batch, the oldest first; empty once the writer is closed and nothing waits any more."""
        batch: list[_Waiting] = []
        size = 0
        with self._changed:
            while not batch:
                self._changed.wait_for(lambda: self._waiting or not self._is_open)
                if not self._waiting:
                    break
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
            _fail(batch, error)
        except StoreError as error:
            if len(batch) == 1:
                _fail(batch, error)
            else:
                for waiting in batch:
                    self._settle([waiting])
        else:
            for waiting, answered in zip(batch, stored, strict=True):
                waiting.future.set_result(answered)

    def _write_patiently(self, batch: Sequence[_Waiting]) -> Sequence[Answered]:
        records = [waiting.record for waiting in batch]
        deadline, pause = batch[0].since + self._limits.patience_s, FIRST_PAUSE_S
        while True:
            try:
                return self._write(records)
            except StoreUnreachableError:
                if time.monotonic() + pause > deadline:
                    raise
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)

    def _abandon(self, batch: Sequence[_Waiting]) -> None:
        with self._changed:
            self._is_open = False
            left = [*(waiting for waiting in batch if not waiting.future.done()), *self._waiting]
            self._waiting.clear()
        _fail(left, StoreError("The writer of the prediction store has stopped: open the store again."))


def _fail(batch: Sequence[_Waiting], error: StoreError) -> None:
    for waiting in batch:
        waiting.future.set_exception(error)
