"""SQLite's write-ahead log, carried into the database beside the writer instead of by it."""

import threading

from churn_assets.errors import StoreError
from churn_assets.serving.database import Database

LOG_BYTES = 4 << 20
"""About how much is written to the log until it is carried over, as in SQLite's default."""
COMMIT_BYTES = 32 << 10
"""About what a transaction adds to the log beside its own bytes: pages of tables and indices are written whole."""
PAUSE_S = 0.1
"""How long a database that could not be carried over is left alone."""


class Checkpoints:
    """A thread that carries the log over whenever about `log_bytes` were written to it; a server needs none.

    SQLite would have the writer do so within a commit, and the one who waits for that commit would pay for hundreds
    of others: in a store of 450 MB about 20 ms, at times 60. Beside the writer it holds nobody up. Should it not keep
    up, the writer lends a hand (`dialects.LOG_PAGES`).

    What is written is counted (`note`): the log's file keeps its length when the log begins anew. Nor is it carried
    over more often than that, since the first commit afterwards waits for the disk twice.
    """

    def __init__(self, database: Database, *, log_bytes: int = LOG_BYTES) -> None:
        self._database = database
        self._log_bytes = log_bytes
        self._written = 0
        self._is_closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="prediction-store-checkpoints", daemon=True)
        if database.is_sqlite:
            self._written = database.log_bytes()
            self._thread.start()

    @property
    def is_running(self) -> bool:
        """Whether the thread is at work."""
        return self._thread.is_alive()

    def note(self, size_bytes: int) -> None:
        """A transaction of so many bytes was written to the log."""
        with self._changed:
            self._written += size_bytes + COMMIT_BYTES
            if self._written >= self._log_bytes:
                self._changed.notify()

    def close(self) -> None:
        """Stop; may be called more than once."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        if self.is_running:
            self._thread.join()

    def _run(self) -> None:
        while (due := self._due()) is not None:
            try:
                self._database.checkpoint()
            except StoreError:
                # The writer, who cannot keep anything then either, tells of it.
                self._rest(due)

    def _due(self) -> int | None:
        """Wait until there is enough to carry over, and take it off the count; None once it is not to be done."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed or self._written >= self._log_bytes)
            due, self._written = self._written, 0
            return None if self._is_closed else due

    def _rest(self, due: int) -> None:
        """Wait a little before what is still due is tried again."""
        with self._changed:
            self._written += due
            self._changed.wait_for(lambda: self._is_closed, PAUSE_S)
