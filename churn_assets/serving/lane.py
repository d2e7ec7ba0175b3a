"""What one thread writes to the store by: a connection that is kept from one transaction to the next."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from churn_assets.serving.database import Database


class Lane:
    """Transactions of one thread, as `Database.writing` has them, on one connection for as long as all is well.

    To fetch a connection and to give it back, which also looks whether it is alive, would take as long as what is said
    over it. One over which anything went wrong is given up, and the next transaction begins on another.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: Connection | None = None

    @contextmanager
    def writing(self, *, is_rehearsal: bool = False) -> Iterator[Connection]:
        """A transaction that nobody else writes beside; committed, and on disk, when the block is left.

        Of a rehearsal nothing stays.
        """
        with self._database.translated():
            if self._connection is None:
                self._connection = self._database.connected_to_write()
            is_well = False
            try:
                with self._database.transaction(self._connection, is_rehearsal=is_rehearsal):
                    yield self._connection
                is_well = True
            finally:
                if not is_well:
                    self.close()

    def close(self) -> None:
        """Give the connection back; the next transaction takes another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
