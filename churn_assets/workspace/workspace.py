"""What `connect()` gives: one object with a method for everything that somebody in a notebook asks for."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from churn_assets.cutoffs import SECOND
from churn_assets.lake.lake import Lake
from churn_assets.scoring.bands import RiskBands
from churn_assets.settings import Settings
from churn_assets.workspace.catalogue import BY_NAME, TableName, find
from churn_assets.workspace.choice import Asked, Choice, Day, Days, key_of
from churn_assets.workspace.lazy import LazyTables
from churn_assets.workspace.models import Model, Models
from churn_assets.workspace.partitions import Shelf
from churn_assets.workspace.place import Place

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd

    from churn_assets.lake.lake import Scan
    from churn_assets.lineage.trace import Trace
    from churn_assets.retention.effect import Effect
    from churn_assets.workspace.drift import Drift
    from churn_assets.workspace.explanation import Explanation
    from churn_assets.workspace.making import Made
    from churn_assets.workspace.performance import Performance
    from churn_assets.workspace.prediction import Logs
    from churn_assets.workspace.retention import RetentionList


@dataclass(frozen=True, eq=False, repr=False)
class Workspace:
    """Tables, models, predictions and reports of one platform; `churn_assets.connect()` makes it.

    It looks at the files afresh at every call, beside a running daemon or without one. Only `materialize` writes.
    """

    _place: Place

    @property
    def settings(self) -> Settings:
        """The settings it goes by, paths made absolute."""
        return self._place.settings

    @property
    def home(self) -> Path:
        """The folder that everything written lies in."""
        return self.settings.home

    @property
    def _shelf(self) -> Shelf:
        """The lake as it is now."""
        return Shelf(self.settings, Lake.of(self.settings), datetime.now(UTC).date())

    @cached_property
    def _models(self) -> Models:
        return Models(self.settings)

    @cached_property
    def _lazy(self) -> LazyTables:
        return LazyTables(self.settings, self._shelf.lake)

    def assets(self) -> "pd.DataFrame":
        """Every table: group, partitions that exist of how many that can, rows, oldest, newest, and what a row is."""
        from churn_assets.workspace.tables import listed

        return listed(self._shelf)

    def columns(self, name: TableName | str) -> "pd.DataFrame":
        """Every column of a table: type, whether it may be null, and what it means."""
        from churn_assets.workspace.tables import columns_of

        return columns_of(find(name))

    def load(  # noqa: PLR0913 — the ways to choose, each by its name
        self,
        name: TableName | str,
        *,
        cutoff: Days | None = None,
        day: Days | None = None,
        start: Day | None = None,
        end: Day | None = None,
        columns: Iterable[str] | None = None,
    ) -> "pd.DataFrame":
        """A table, or some of its days or cut-offs and columns, as a pandas frame; nothing else is read.

        `start` and `end` are both included. Times are naive UTC. Without a choice, everything that is there. What is
        asked for and could be there must be: MissingPartitionError says how to make it; UnknownNameError and
        ImmatureLabelError say what there is instead.
        """
        from churn_assets.workspace.tables import load

        entry = find(name)
        choice = Choice.of(entry, Asked(cutoff, day, start, end))
        return load(self._shelf.partitions(entry).scan(choice), entry.column_names(columns))

    def table(self, name: TableName | str) -> "ir.Table":
        """A table as a lazy Ibis expression on DuckDB: filter, join and aggregate it, then `.execute()`.

        All tables of a workspace are in one DuckDB. Partition columns (`day`, `cutoff`) are typed, and a filter on them
        spares the files of other partitions.
        """
        entry = find(name)
        self._shelf.partitions(entry).scan(Choice())
        return self._lazy.table(entry.contract)

    def model(self, version: str | int | None = None) -> Model:
        """A version of the model: the champion, or `"challenger"`, or a number; loaded once, its files verified.

        NoChampionError before the first promotion; RegistryError, with the versions there are, for an unknown one.
        """
        return self._models.named(version)

    def predict(self, logs: "Logs", *, as_of: Day | None = None, explain: bool = False) -> "pd.DataFrame":
        """The champion's prediction for each listener of some raw events, as `POST /predict` answers; nothing is kept.

        `logs` are events as the log has them (a list of objects, a frame, or a `.json`/`.jsonl` file, also `.gz` or
        `.zst`), or rows of `raw_logs` or `events`. `as_of` is the cut-off; without it the data clock or, where the
        listener's own newest event is later, the first midnight after it. RequestError says which event and field is
        wrong.
        """
        from churn_assets.serving.predictor import Moment
        from churn_assets.serving.scores import landed_until
        from churn_assets.workspace.prediction import Oracle

        moment = Moment(landed_until(self._shelf.lake), round(datetime.now(UTC).timestamp() * SECOND))
        oracle = Oracle(self._models.serving(), self.settings, moment)
        return oracle.predict(logs, as_of=None if as_of is None else key_of(as_of), is_explained=explain)

    def explain(self, user_id: str | int, *, cutoff: Day | None = None) -> "Explanation":
        """Why the champion says what it says of a listener: a SHAP waterfall, and the reasons in words.

        At a cut-off, or at the newest one that has features of the listener.
        """
        from churn_assets.features.tables import USER_FEATURES
        from churn_assets.workspace.explanation import Listener, explain

        entry, key = find(USER_FEATURES.table), None if cutoff is None else key_of(cutoff)
        shelf = self._shelf
        shelf.partitions(entry).scan(Choice(None if key is None else (key,)))
        champion = self._models.serving()
        bands = RiskBands(medium=self.settings.medium_risk, high=self.settings.high_risk)
        return explain(Listener(shelf.lake, str(user_id)).features(key), champion, bands)

    def trace(
        self,
        of: str | tuple[str | int, Day] | None = None,
        *,
        user_id: str | int | None = None,
        cutoff: Day | None = None,
    ) -> "Trace":
        """Where a prediction came from: model, training set, features, daily aggregates, log files and lines, code.

        `of` is the request id of an answer of the API (with `user_id`, if it was about several listeners), or a
        listener and a cut-off: `ws.trace(("1042", "2026-05-04"))`; or `user_id` alone, for their newest score.
        LineageError says which predictions there are.
        """
        from churn_assets.resources.tracing import trace

        request, user, day = (None, *of) if isinstance(of, tuple) else (of, user_id, cutoff)
        named = None if user is None else str(user)
        with self._place.inside() as told:
            return trace(told, request_id=request, user=named, cutoff=None if day is None else key_of(day))

    def retention_list(  # noqa: PLR0913 — the terms, each by its name
        self,
        *,
        cutoff: Day | None = None,
        budget: float | None = None,
        value: float | Mapping[str, float] | None = None,
        save_rate: float | None = None,
        cost: float | None = None,
        hold_out: float | None = None,
        campaign: str | None = None,
    ) -> "RetentionList":
        """Whom to call at a cut-off (the newest scored one, if None), by the money that a call is expected to bring.

        All money is in one currency: `budget` for all calls, `cost` of one, `value` of a kept listener (one number, or
        one for each level: `{"paid": 90, "free": 15}`). `save_rate` is the share of those about to leave whom a
        call keeps, `hold_out` the share that is left alone. What is not given is as in the settings.
        """
        from churn_assets.scoring.tables import CHURN_SCORES
        from churn_assets.workspace.retention import retention_list

        terms = {"budget": budget, "value": value, "save_rate": save_rate, "cost": cost}
        changes = terms | {"hold_out": hold_out, "campaign": campaign}
        shelf, key = self._shelf, None if cutoff is None else (key_of(cutoff),)
        scored = shelf.partitions(find(CHURN_SCORES.table)).scan(Choice(key)).keys[-1]
        return retention_list(shelf.lake, self.settings, date.fromisoformat(scored), changes)

    def retention_effect(self, campaign: str | None = None) -> "Effect":
        """What calling did: those who were called beside those held out, as far as labels are mature.

        `.kept`, `.save_rate` and `.gain`, with 95 % intervals. RetentionError says what it waits for.
        """
        from churn_assets.retention.tables import RETENTION_LIST
        from churn_assets.workspace.retention import effect_of_calling

        self._shelf.partitions(find(RETENTION_LIST.table)).scan(Choice())
        return effect_of_calling(self._shelf.lake, self.settings, campaign)

    def drift(self, *, day: Day | None = None) -> "Drift":
        """The drift report of a day, the newest if None: verdict, every feature, and pictures of the worst movers."""
        from churn_assets.monitoring.tables import DRIFT_REPORT
        from churn_assets.workspace.drift import drift

        return drift(self._report(DRIFT_REPORT.table, day), self._shelf, self._models.registry)

    def performance(self, *, day: Day | None = None) -> "Performance":
        """How good each version is at cut-offs it never learned from, as known on a day, the newest one if None."""
        from churn_assets.monitoring.tables import PERFORMANCE_REPORT
        from churn_assets.workspace.performance import Rule, performance

        rule = Rule(self.settings.target, self.settings.performance_level)
        return performance(self._report(PERFORMANCE_REPORT.table, day), rule)

    def _report(self, name: str, day: Day | None) -> "Scan":
        key = None if day is None else (key_of(day),)
        return self._shelf.partitions(find(name)).scan(Choice(key))

    def history(self) -> "pd.DataFrame":
        """Every decision about the model, the oldest first: promotions, refusals, rollbacks and retrainings."""
        from churn_assets.workspace.history import decided

        return decided(self._models.history_if_any(), self._shelf.lake)

    def status(self) -> "pd.DataFrame":
        """One row a table: partitions that are materialised, missing and stale, and why, as `churn-assets status`."""
        from churn_assets.workspace.making import judged

        with self._place.session() as session:
            return judged(session)

    def materialize(
        self,
        name: TableName | str,
        *,
        cutoff: Days | None = None,
        day: Days | None = None,
        start: Day | None = None,
        end: Day | None = None,
    ) -> "Made":
        """Make a table, or some of its days or cut-offs, now and in this process; nothing downstream of it.

        A progress bar tells how far it is, and the run is in the history that the UI shows. Without a choice,
        everything that can be made. Raises what stops it: MissingPartitionError names what has to be made before.
        """
        from churn_assets.workspace.making import materialize, wanted_keys

        entry = find(name)
        choice = Choice.of(entry, Asked(cutoff, day, start, end))
        return materialize(self._place, entry.name, wanted_keys(self._shelf.partitions(entry), choice))

    def __getitem__(self, name: str) -> "ir.Table":
        """`ws["events"]` is `ws.table("events")`."""
        return self.table(name)

    def _ipython_key_completions_(self) -> list[str]:
        return list(BY_NAME)

    def __iter__(self) -> Iterator[str]:
        return iter(BY_NAME)

    def __repr__(self) -> str:
        shelf = self._shelf
        made = sum(1 for entry in BY_NAME.values() if shelf.partitions(entry).there)
        return (
            f"<Workspace {self.home}: {shelf.told}, {made} of {len(BY_NAME)} tables made. "
            "Try .assets(), .load(name), .model(), .predict(logs), .explain(user)>"
        )
