"""The prediction store: a listener's predictions, and their part of every answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection, delete, func, select, update

from churn_assets.forgetting.journal import Journal
from churn_assets.forgetting.listener import Listener
from churn_assets.serving.database import Database, database
from churn_assets.serving.record import compressed, decompressed
from churn_assets.serving.schema import PREDICTIONS, REQUESTS


class _About(msgspec.Struct, rename="camel"):
    """Whom one of the predictions of an answer is about."""

    user_id: str


_ANSWER = msgspec.json.Decoder(dict[str, msgspec.Raw])
_PREDICTIONS = msgspec.json.Decoder(list[msgspec.Raw])
_ABOUT = msgspec.json.Decoder(_About)


@dataclass(frozen=True)
class StorePlace:
    """The prediction store at a URL; one that is not there holds nothing."""

    url: str
    listener: Listener
    name: str = "prediction store"

    def held(self) -> int:
        """Predictions about the listener."""
        with self._open() as kept_in:
            if kept_in is None:
                return 0
            with kept_in.reading() as connection:
                theirs = select(func.count()).where(PREDICTIONS.c.user_id == self.listener.user_id)
                return int(connection.execute(theirs).scalar_one())

    def remove(self, journal: Journal) -> None:
        """Delete them with their answers; a request about several listeners loses only their part of it."""
        rows = self.held()
        if rows:
            journal.removing(self.name, "", rows)
        with self._open() as kept_in:
            if kept_in is None or not journal.units(self.name):
                return
            with kept_in.writing() as connection:
                self._delete(connection)
            kept_in.compact()

    def _delete(self, connection: Connection) -> None:
        theirs = PREDICTIONS.c.user_id == self.listener.user_id
        asked = list(connection.execute(select(PREDICTIONS.c.request_id).where(theirs)).scalars())
        connection.execute(delete(PREDICTIONS).where(theirs))
        for request_id in asked:
            self._shorten(connection, request_id)

    def _shorten(self, connection: Connection, request_id: str) -> None:
        """Leave only the others' part of an answer; nothing, if there are no others."""
        others = select(func.count()).where(PREDICTIONS.c.request_id == request_id)
        this = REQUESTS.c.request_id == request_id
        if not connection.execute(others).scalar_one():
            connection.execute(delete(REQUESTS).where(this))
            return
        answer = decompressed(connection.execute(select(REQUESTS.c.answer).where(this)).scalar_one())
        shorter = compressed(without(answer, self.listener))
        connection.execute(update(REQUESTS).where(this).values(answer=shorter))

    @contextmanager
    def _open(self) -> Iterator[Database | None]:
        with database(self.url) as kept_in:
            yield kept_in if kept_in.exists() else None


def without(answer: bytes, listener: Listener) -> bytes:
    """The answer to a batch without what it says of the listener; everything else as it was written."""
    told = _ANSWER.decode(answer)
    if "predictions" not in told:
        return answer
    others = [one for one in _PREDICTIONS.decode(told["predictions"]) if _ABOUT.decode(one).user_id != listener.user_id]
    return msgspec.json.encode({**told, "predictions": others})
