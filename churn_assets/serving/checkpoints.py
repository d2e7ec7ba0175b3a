"""SQLite's write-ahead log, carried into the database beside the writer instead of by it."""

import threading

from churn_assets.errors import StoreError
from churn_assets.serving.database import Database

LOG_BYTES = 4 << 20
"""Length of the log from which it is carried over, as in SQLite's default."""
PAUSE_S = 0.1


class Checkpoints:
    """A thread that carries the log over whenever it has grown by `log_bytes`; a server needs none.

    SQLite would have the writer do so within a commit, and the one who waits for that commit would pay for hundreds
    of others: in a store of 450 MB about 20 ms, at times 60. Beside the writer it holds nobody up. Should it not keep
    up, the writer lends a hand (`dialects.LOG_PAGES`).
    """

    def __init__(self, database: Database, *, log_bytes: int = LOG_BYTES) -> None:
        self._database = database
        self._log_bytes = log_bytes
        self._is_closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="prediction-store-checkpoints", daemon=True)
        if database.is_sqlite:
            self._thread.start()

    @property
    def is_running(self) -> bool:
        """Whether the thread is at work."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Stop; may be called more than once."""
        self._is_closed.set()
        if self.is_running:
            self._thread.join()

    def _run(self) -> None:
        while not self._is_closed.wait(PAUSE_S):
            try:
                self._database.checkpoint(self._log_bytes)
            except StoreError:
                continue  # The writer, who cannot keep anything then either, tells of it.
