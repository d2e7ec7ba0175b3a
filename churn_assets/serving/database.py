"""The database below the prediction store: made once, read by many, written by one at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, Engine, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from churn_assets.cutoffs import SECOND
from churn_assets.databases.address import without_secrets
from churn_assets.databases.setting_up import make_schema
from churn_assets.errors import StoreError, StoreUnreachableError
from churn_assets.registry.lock import exclusive
from churn_assets.serving.dialects import BEGIN, COMPACT, NOTHING, OF_READERS, OF_WRITERS, WRITER_SESSION, engine_of
from churn_assets.serving.schema import upgrade, version_of

PATIENCE_S = 10.0
REFUSALS = ("22", "23", "42", "54")
"""Classes of SQLSTATE that tell of the statement, not of the server: data, constraints, syntax and limits."""
WRITER_LOCK = 0x636875726E
"""Key of PostgreSQL's advisory lock that whoever writes holds: "churn" in ASCII."""


@dataclass(frozen=True)
class Database:
    """A database by its SQLAlchemy URL; whatever is busy in it is waited for, `patience_s` seconds at most.

    One writes at a time, on either database: SQLite lets no second one in, and on PostgreSQL writers take turns by an
    advisory lock. So rows become visible in the order of their numbers, and a reader that has seen number n will never
    meet a smaller one that is new. As a context manager it closes its connections.
    """

    url: URL
    patience_s: float = PATIENCE_S

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file of ours rather than a server."""
        return self.url.get_backend_name() == "sqlite"

    @property
    def file(self) -> Path | None:
        """The SQLite file."""
        return Path(self.url.database or "") if self.is_sqlite else None

    @property
    def name(self) -> str:
        """The database as it may be shown: without its password, wherever in the address it stands."""
        return without_secrets(self.url).render_as_string(hide_password=True)

    @cached_property
    def engine(self) -> Engine:
        """The engine; it connects when it is used."""
        return engine_of(self.url, self.patience_s)

    def exists(self) -> bool:
        """Whether there is a store; a look never makes one."""
        if self.file is not None and not self.file.exists():
            return False
        with self.reading() as connection:
            return version_of(connection) > 0

    def prepare(self) -> None:
        """Make the store, or bring it to today's version; several processes may do so at once."""
        if self.file is None:
            self._upgrade()
            return
        try:
            with exclusive(self.file.with_name(f"{self.file.name}.lock")):
                self._use_wal()
                self._upgrade()
        except OSError as error:
            message = f"The prediction store {self.file} cannot be made ({error}): set CHURN_STORE_URL."
            raise StoreError(message) from error

    def _use_wal(self) -> None:
        """Let readers and the writer work side by side; the file remembers it."""
        options = {BEGIN: NOTHING}  # not to be changed inside a transaction
        with self.translated(), self.engine.connect().execution_options(**options) as connection:
            connection.exec_driver_sql("PRAGMA journal_mode = WAL")

    def _upgrade(self) -> None:
        with self.writing() as connection:
            if not self.is_sqlite:
                make_schema(connection)
            upgrade(connection)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection whose transaction sees one state of the store from its first statement on."""
        options = OF_READERS[self.url.get_backend_name()]
        with self.translated(), self.engine.connect().execution_options(**options) as connection:
            yield connection

    @contextmanager
    def writing(self, *, is_rehearsal: bool = False) -> Iterator[Connection]:
        """A transaction that nobody else writes beside; committed, and on disk, when the block is left.

        Of a rehearsal nothing stays. Who writes again and again has a `lane.Lane`.
        """
        with (
            self.translated(),
            self.connected_to_write() as connection,
            self.transaction(connection, is_rehearsal=is_rehearsal),
        ):
            yield connection

    def connected_to_write(self) -> Connection:
        """A connection for a writer; raises what SQLAlchemy raises."""
        return self.engine.connect().execution_options(**OF_WRITERS[self.url.get_backend_name()])

    @contextmanager
    def transaction(self, connection: Connection, *, is_rehearsal: bool) -> Iterator[None]:
        """A writer's transaction; raises what SQLAlchemy raises."""
        with connection.begin() as transaction:
            if not self.is_sqlite:
                connection.execute(text(WRITER_SESSION), {"idle": str(int(6 * self.patience_s * SECOND))})
                connection.execute(text(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})"))
            yield
            if is_rehearsal:
                transaction.rollback()

    def log_bytes(self) -> int:
        """Length of the file of SQLite's log, which may hold less than that."""
        assert self.file is not None
        log = self.file.with_name(f"{self.file.name}-wal")
        return log.stat().st_size if log.exists() else 0

    def checkpoint(self) -> None:
        """Carry SQLite's log over into the file, as far as that holds nobody up."""
        options = {BEGIN: NOTHING}
        with self.translated(), self.engine.connect().execution_options(**options) as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)").close()

    def compact(self) -> None:
        """Write the database anew, so that nothing of deleted rows is left in its files; writers wait meanwhile.

        StoreUnreachableError if somebody reads or writes for longer than is waited.
        """
        options = {BEGIN: NOTHING} if self.is_sqlite else {"isolation_level": "AUTOCOMMIT"}
        with self.translated(), self.engine.connect().execution_options(**options) as connection:
            for statement in COMPACT[self.url.get_backend_name()]:
                busy = connection.exec_driver_sql(statement)
                if busy.returns_rows and busy.scalar():
                    message = f"The prediction store {self.name} is being read: try again in a moment."
                    raise StoreUnreachableError(message)

    def close(self) -> None:
        """Close every connection that nobody uses."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Errors of the database as ours, with what to look at."""
        try:
            yield
        except SQLAlchemyError as error:
            cause = str(getattr(error, "orig", None) or error).strip().split("\n")[0]
            if _is_passing(error):
                message = (
                    f"The prediction store {self.name} cannot be reached ({cause}): check that it is there, writable, "
                    "not full and not locked by another program, and that CHURN_STORE_URL names it."
                )
                raise StoreUnreachableError(message) from error
            raise StoreError(f"The prediction store {self.name} refused a statement: {cause}.") from error


def _is_passing(error: SQLAlchemyError) -> bool:
    """Whether the database is at fault, and may be well again in a moment; otherwise what it was told is."""
    if isinstance(error, DBAPIError):
        if error.connection_invalidated:
            return True
        # Drivers call many a refusal an operational error, such as a row that no index can hold.
        if (sqlstate(error) or "")[:2] in REFUSALS:
            return False
    return isinstance(error, OperationalError | InterfaceError | PoolTimeoutError)


def sqlstate(error: BaseException | None) -> str | None:
    """PostgreSQL's five letters for what went wrong, of an error or of what it was raised from; None without any."""
    while error is not None:
        code = getattr(getattr(error, "orig", None), "sqlstate", None)
        if code is not None:
            return str(code)
        error = error.__cause__
    return None


def database(url: str, patience_s: float = PATIENCE_S) -> Database:
    """The database at `url`; nothing is opened or made yet. StoreError for what cannot keep a prediction."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        message = f"CHURN_STORE_URL is not an SQLAlchemy URL ({error}): use sqlite:///… or postgresql+psycopg://…"
        raise StoreError(message) from error
    match parsed.get_backend_name():
        case "sqlite" if parsed.database in (None, "", ":memory:"):
            message = f"{url!r} lives in memory, and would lose every prediction: name a file, sqlite:///predictions.db"
            raise StoreError(message)
        case "sqlite":
            return Database(parsed.set(drivername="sqlite"), patience_s)
        case "postgresql":
            return Database(parsed.set(drivername="postgresql+psycopg"), patience_s)
        case other:
            message = f"The prediction store cannot be kept in {other}: use sqlite:///… or postgresql+psycopg://…"
            raise StoreError(message)
