"""The prediction store: an answer is acknowledged only once it, and all it was made from, is on disk."""

from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, select

from churn_assets.errors import StoreError, StoreUnreachableError
from churn_assets.serving.checkpoints import Checkpoints
from churn_assets.serving.database import PATIENCE_S, Database, database
from churn_assets.serving.lane import Lane
from churn_assets.serving.prediction import Answered
from churn_assets.serving.record import Record, decompressed, prediction, record
from churn_assets.serving.schema import PREDICTIONS, REQUESTS
from churn_assets.serving.statements import found_among, insert_into
from churn_assets.serving.writer import Limits, Trouble, Writer

_REQUEST = select(REQUESTS)
_OF_REQUEST = select(PREDICTIONS).order_by(PREDICTIONS.c.sequence)


class PredictionStore:
    """The store as the API uses it: looks requests up, and keeps answers; threads and processes may share it.

    Every process opens its own with `open_store`, after it was forked. As a context manager it closes itself.
    """

    def __init__(self, kept_in: Database, limits: Limits) -> None:
        self._database = kept_in
        self._lane = Lane(kept_in)
        self._checkpoints = Checkpoints(kept_in)
        self._writer = Writer(self._write, self._rehearse, limits)

    def find(self, request_id: str) -> Answered | None:
        """The request that was answered under this id, None if there is none; StoreError if the store is not there."""
        try:
            with self._database.reading() as connection:
                return _find(connection, request_id)
        except StoreUnreachableError:
            self._writer.suspect()
            raise

    def keep(self, answered: Answered) -> Future[Answered]:
        """Store an answer; the future gives what is stored under its id, and only once that is durable.

        That is `answered` itself, or what was there first: the caller compares the digests, since another body under
        the same id is not the same request. The future fails with StoreError for what the store refuses, and with
        StoreUnreachableError if the database could not be reached for as long as it is waited for; a request that
        fails so may have been stored, and is told apart by asking again under the same id. Who cancels the future in
        time is not stored.
        """
        try:
            return self._writer.put(record(answered))
        except StoreError as error:
            refused: Future[Answered] = Future()
            refused.set_exception(error)
            return refused

    @property
    def trouble(self) -> Trouble | None:
        """Why answers cannot be kept at the moment, as anybody may read it; None if they can."""
        return self._writer.trouble

    def close(self) -> None:
        """Store what still waits, then let go of the database; may be called more than once."""
        self._writer.close()
        self._checkpoints.close()
        self._lane.close()
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _write(self, records: Sequence[Record]) -> Sequence[Answered]:
        """Store those that are new, all in one transaction; what is stored under the id of each, in their order.

        Without any, see whether something could be written.
        """
        if not records:
            with self._lane.writing(is_rehearsal=True):
                return ()
        wanted = [record.request_id for record in records]
        with self._lane.writing() as connection:
            stored = {id_: _found(connection, id_) for id_ in _known(connection, wanted)}
            fresh = _first_of_each(new for new in records if new.request_id not in stored)
            _insert(connection, list(fresh.values()))
        self._checkpoints.note(sum(new.size_bytes for new in fresh.values()))
        stored |= {id_: new.answered for id_, new in fresh.items()}
        return [stored[id_] for id_ in wanted]

    def _rehearse(self, record: Record) -> None:
        """See whether a record can be stored, without storing it."""
        with self._lane.writing(is_rehearsal=True) as connection:
            if not _known(connection, [record.request_id]):
                _insert(connection, [record])


def _first_of_each(records: Iterable[Record]) -> dict[str, Record]:
    """The first of the records under each id, in their order."""
    found: dict[str, Record] = {}
    for new in records:
        found.setdefault(new.request_id, new)
    return found


def open_store(url: str, *, patience_s: float = PATIENCE_S) -> PredictionStore:
    """The store at an SQLAlchemy URL (`sqlite:///…` or `postgresql+psycopg://…`), made or upgraded where needed.

    A database that is busy or away is waited for, about `patience_s` seconds. Raises StoreError if it cannot be used,
    or if a newer release has written to it.
    """
    kept_in = database(url, patience_s)
    try:
        kept_in.prepare()
    except StoreError:
        kept_in.close()
        raise
    return PredictionStore(kept_in, Limits(patience_s=patience_s))


def _insert(connection: Connection, records: Sequence[Record]) -> None:
    insert_into(connection, REQUESTS, [record.request for record in records])
    insert_into(connection, PREDICTIONS, [row for record in records for row in record.predictions])


def _known(connection: Connection, request_ids: Sequence[str]) -> list[str]:
    return found_among(connection, REQUESTS.c.request_id, request_ids)


def _find(connection: Connection, request_id: str) -> Answered | None:
    request = connection.execute(_REQUEST.where(REQUESTS.c.request_id == request_id)).one_or_none()
    if request is None:
        return None
    rows = connection.execute(_OF_REQUEST.where(PREDICTIONS.c.request_id == request_id))
    answer = decompressed(request.answer)
    return Answered(request_id, request.digest, answer, tuple(prediction(row) for row in rows))


def _found(connection: Connection, request_id: str) -> Answered:
    found = _find(connection, request_id)
    assert found is not None
    return found
