"""One call from a prediction to everything that it came from, with Dagster's event log at hand."""

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from typing import TYPE_CHECKING

import dagster as dg

from churn_assets.errors import LineageError
from churn_assets.lake.lake import Lake
from churn_assets.resources.history import History, Made
from churn_assets.resources.instance import open_instance
from churn_assets.resources.model_store import ModelStoreResource
from churn_assets.resources.prediction_store import StoreResource
from churn_assets.settings import Settings

if TYPE_CHECKING:
    from churn_assets.lineage.materialisation import Materialisation
    from churn_assets.lineage.trace import Trace
    from churn_assets.resources.session import Session


def trace(
    of: "Settings | Session",
    *,
    request_id: str | None = None,
    user: str | None = None,
    cutoff: date | str | None = None,
) -> "Trace":
    """Follow a prediction back to model, training set, features, daily aggregates, log files and lines, and code.

    Either `request_id` names an answer of the API (and `user` one of its listeners, if it was about several), or `user`
    and `cutoff` name a batch score; without `cutoff` it is the newest score. Nothing is changed, and it may be done
    beside a running daemon. LineageError if there is no such prediction; it says which there are.
    """
    from churn_assets.lineage.tracer import Tracer

    settings = of if isinstance(of, Settings) else of.settings
    day = _named(request_id, user, cutoff)
    registry = ModelStoreResource.of(settings).registry_if_there()
    with _instance(of) as instance:
        lake, log = Lake.of(settings), DagsterLog(instance)
        tracer = Tracer(lake, registry, settings.lookback_days, settings.first_day, log)
        if request_id is None:
            assert user is not None
            return tracer.score(user, day)
        with StoreResource(url=settings.prediction_store_url).snapshot() as state:
            predictions = list(state.made_in(request_id))
        return tracer.answer(predictions, request_id, user)


def _named(request_id: str | None, user: str | None, cutoff: date | str | None) -> date | None:
    """The cut-off; LineageError unless one prediction is named."""
    if request_id is None and user is None:
        raise LineageError("Name a prediction: a request id, or a user (and the cut-off, if not the newest score).")
    if request_id is not None and cutoff is not None:
        raise LineageError("A request id names a prediction with its cut-off: leave the cut-off out, or the request.")
    if not isinstance(cutoff, str):
        return cutoff.date() if isinstance(cutoff, datetime) else cutoff
    try:
        return date.fromisoformat(cutoff)
    except ValueError as error:
        raise LineageError(f"The cut-off {cutoff!r} is no day: write it as 2026-01-31.") from error


def _instance(of: "Settings | Session") -> AbstractContextManager[dg.DagsterInstance]:
    """The instance that is open already, or one of our own that is closed afterwards."""
    return open_instance(of) if isinstance(of, Settings) else nullcontext(of.instance)


@dataclass(frozen=True, eq=False)
class DagsterLog:
    """The event log of an instance, as traces ask it."""

    instance: dg.DagsterInstance

    @cached_property
    def _histories(self) -> dict[str, History]:
        return {}

    def _history(self, table: str) -> History:
        return self._histories.setdefault(table, History(self.instance, table))

    def newest(self, table: str, keys: Collection[str]) -> "Mapping[str, Materialisation]":
        """The newest materialisation of each of the partitions `keys` that has one, by key."""
        made = self._history(table).made
        return {key: _materialisation(table, key, made[key]) for key in keys if key in made}

    def seen(self, table: str, key: str, parent: str) -> Mapping[str, str]:
        """Data version of every partition of `parent` at the time when the partition `key` of `table` was made."""
        made = self._history(table).made.get(key)
        return {} if made is None else self._history(parent).versions_at(made.saw(parent))


def _materialisation(table: str, key: str, made: Made) -> "Materialisation":
    from churn_assets.lineage.materialisation import Materialisation

    return Materialisation(
        table=table,
        partition=key,
        event=made.event,
        run_id=made.run_id,
        made_at=datetime.fromtimestamp(made.timestamp, UTC).replace(tzinfo=None),
        code_version=made.code_version,
        data_version=made.version,
    )
