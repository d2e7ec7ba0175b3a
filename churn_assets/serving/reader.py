"""Reads the prediction store for everybody but the API: one state of it, by day or in the order of its numbers."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from churn_assets.cutoffs import EPOCH, epoch_day
from churn_assets.errors import StoreError
from churn_assets.serving.database import PATIENCE_S, database
from churn_assets.serving.dialects import passing_database
from churn_assets.serving.prediction import Prediction
from churn_assets.serving.record import decompressed, prediction
from churn_assets.serving.schema import PREDICTIONS, UPGRADES, identity_of, upgrade, version_of

CHUNK = 200
"""Rows fetched at a time: each carries the raw events of a listener."""
_KEPT = PREDICTIONS.c


class DayVersion(NamedTuple):
    """What a data day holds: other predictions are never the same many with the same newest number."""

    predictions: int
    newest: int


class Received(NamedTuple):
    """The raw events of one prediction: its number, whose, when received (epoch ms, wall time), the JSON array."""

    sequence: int
    user_id: str
    received_at: int
    logs: bytes


@dataclass(frozen=True)
class Snapshot:
    """One state of a store, whatever is written meanwhile."""

    connection: Connection

    @property
    def identity(self) -> str:
        """What tells this store from every other."""
        return identity_of(self.connection)

    @property
    def newest(self) -> int:
        """Number of the newest prediction; 0 if there is none."""
        return int(self.connection.execute(select(func.max(_KEPT.sequence))).scalar() or 0)

    def days(self) -> Mapping[date, DayVersion]:
        """Every data day that predictions were made for, in order; answered from an index alone."""
        query = select(_KEPT.day, func.count(), func.max(_KEPT.sequence)).group_by(_KEPT.day).order_by(_KEPT.day)
        found = self.connection.execute(query)
        return {EPOCH + timedelta(days=day): DayVersion(count, newest) for day, count, newest in found}

    def made_for(self, first: date, last: date) -> Iterator[Prediction]:
        """The predictions for the data days from `first` to `last`, by time, request and listener."""
        within = _KEPT.day.between(epoch_day(first), epoch_day(last))
        keys = select(_KEPT.inference_timestamp, _KEPT.request_id, _KEPT.user_id, _KEPT.sequence).where(within)
        # Sorted here, since databases order texts by languages of their own.
        ordered = sorted(map(tuple, self.connection.execute(keys)))
        return self._numbered([sequence for *_, sequence in ordered])

    def made_of(self, user_id: str) -> Iterator[Prediction]:
        """Every prediction about a listener, in the order in which they were stored."""
        of_listener = select(_KEPT.sequence).where(_KEPT.user_id == user_id).order_by(_KEPT.sequence)
        return self._numbered(list(self.connection.execute(of_listener).scalars()))

    def made_in(self, request_id: str) -> Iterator[Prediction]:
        """The predictions of a request, in the order in which they were stored."""
        of_request = select(_KEPT.sequence).where(_KEPT.request_id == request_id).order_by(_KEPT.sequence)
        return self._numbered(list(self.connection.execute(of_request).scalars()))

    def _numbered(self, sequences: Sequence[int]) -> Iterator[Prediction]:
        for start in range(0, len(sequences), CHUNK):
            chunk = sequences[start : start + CHUNK]
            rows = self.connection.execute(select(PREDICTIONS).where(_KEPT.sequence.in_(chunk)))
            found = {row.sequence: row for row in rows}
            yield from (prediction(found[sequence]) for sequence in chunk)

    def received_after(self, sequence: int) -> Iterator[Received]:
        """The raw events of every prediction with a number above `sequence`, in the order of the numbers."""
        columns = select(_KEPT.sequence, _KEPT.user_id, _KEPT.inference_timestamp, _KEPT.logs)
        while True:
            newer = columns.where(_KEPT.sequence > sequence).order_by(_KEPT.sequence).limit(CHUNK)
            rows = self.connection.execute(newer).all()
            yield from (Received(*row[:3], decompressed(row.logs)) for row in rows)
            if len(rows) < CHUNK:
                return
            sequence = rows[-1].sequence


@contextmanager
def snapshot(url: str, *, patience_s: float = PATIENCE_S) -> Iterator[Snapshot]:
    """One state of the store at `url`; a store that is not there reads as an empty one, and is not made.

    StoreUnreachableError if it does not answer, StoreError if another release's tables are in it.
    """
    with database(url, patience_s) as kept_in:
        if kept_in.exists():
            with kept_in.reading() as connection:
                _require_todays(version_of(connection), kept_in.name)
                yield Snapshot(connection)
            return
    with passing_database() as connection:
        upgrade(connection)
        yield Snapshot(connection)


def _require_todays(version: int, name: str) -> None:
    if version != len(UPGRADES):
        message = (
            f"The prediction store {name} has version {version}, this release reads version {len(UPGRADES)}: start the "
            "API of this release once, which upgrades an older store; a newer one needs the newer release."
        )
        raise StoreError(message)
