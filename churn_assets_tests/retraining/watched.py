"""A champion that reports watch, in a folder: its registry, a log of some weeks, Dagster's history, all real."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow as pa
import pyarrow.parquet as pq

from churn_assets.contracts.arrow import arrow_schema
from churn_assets.contracts.contract import Contract
from churn_assets.definitions import build_defs
from churn_assets.ingest.tables import EVENTS
from churn_assets.lake.lake import Lake
from churn_assets.monitoring.tables import DRIFT_REPORT
from churn_assets.registry.registry import CHAMPION, ModelRegistry
from churn_assets.registry.tracking import prepare, tracking_below
from churn_assets.resources.model_store import ModelStoreResource
from churn_assets.resources.retraining_runs import recording
from churn_assets.resources.retrainings import decision_of, retrainings_of
from churn_assets.resources.runner import carry_out
from churn_assets.resources.storage import LakeResource
from churn_assets.retraining.cursor import Cursor
from churn_assets.retraining.decision import Decision
from churn_assets.retraining.ledger import merged, read_decisions, table_of
from churn_assets.retraining.tables import RETRAINING_DECISION
from churn_assets.settings import Settings
from churn_assets_tests.registry.tiny import register

FIRST_DAY, LAST_DAY = date(2026, 1, 5), date(2026, 12, 31)
CLOCK = date(2026, 6, 8)
MATURE = date(2026, 5, 4)
ONE_DAY = timedelta(days=1)
DRIFT, NOVELTY, DROP = "data_drift_sensor", "novelty_sensor", "performance_drop_sensor"
REFRESH, FAILURES = "monthly_refresh_sensor", "retraining_failure_sensor"
START = Cursor(0).text()
"""The cursor of a sensor that has looked, and seen nothing yet."""


@dataclass(frozen=True)
class Watched:
    """Everything below one folder; `changes` are settings other than the defaults."""

    home: Path
    changes: Mapping[str, Any] = field(default_factory=dict)

    def told(self, **changes: Any) -> "Watched":
        """The same home and history with other settings."""
        same = replace(self, changes={**self.changes, **changes})
        vars(same)["instance"] = self.instance
        return same

    @cached_property
    def settings(self) -> Settings:
        """The settings."""
        given = {"home": self.home, "first_day": FIRST_DAY, "last_day": LAST_DAY, **self.changes}
        return Settings(_env_file=None, **given)

    @cached_property
    def instance(self) -> dg.DagsterInstance:
        """Dagster's history, in memory."""
        return dg.DagsterInstance.ephemeral()

    @cached_property
    def repository(self) -> dg.RepositoryDefinition:
        """The platform's definitions."""
        return build_defs(self.settings).get_repository_def()

    @property
    def lake(self) -> Lake:
        """The lake."""
        return Lake(Path(self.settings.lake_url))

    @property
    def storage(self) -> LakeResource:
        """The lake as sensors get it."""
        return LakeResource(root=self.settings.lake_url)

    @property
    def registry(self) -> ModelRegistry:
        """The models."""
        return ModelRegistry(tracking_below(self.settings.mlflow_home))

    def land(self, clock: date) -> None:
        """Let the log reach up to `clock` (exclusive)."""
        keep(self.lake, EVENTS, (clock - ONE_DAY).isoformat(), {"user_id": "7", "page": "Home"})

    def report(self, day: str, *rows: Mapping[str, Any], table: Contract = DRIFT_REPORT) -> None:
        """Materialise a day's report."""
        keep(self.lake, table, day, *rows)
        made = dg.AssetMaterialization(dg.AssetKey(table.table), partition=day)
        self.instance.report_runless_asset_event(made)

    def tick(self, sensor: str, cursor: str | None) -> dg.SensorResult | dg.SkipReason:
        """One evaluation of a sensor."""
        resources = {
            "storage": self.storage,
            "models": ModelStoreResource(folder=str(self.settings.mlflow_home)),
        }
        looking = dg.build_sensor_context(
            self.instance, cursor=cursor, repository_def=self.repository, resources=resources
        )
        with looking as context:
            found = self.repository.get_sensor_def(sensor)(context)
        assert isinstance(found, dg.SensorResult | dg.SkipReason)
        return found

    def first(self, sensor: str) -> str:
        """The cursor that a sensor's first tick leaves, which asks for nothing."""
        found = self.tick(sensor, None)
        assert isinstance(found, dg.SensorResult)
        assert not found.run_requests
        return str(found.cursor)

    def asked(self, sensor: str, cursor: str = START) -> dg.RunRequest:
        """The one run that a sensor asks for."""
        (request,), _ = self.requests(sensor, cursor)
        return request

    def skipped(self, sensor: str, cursor: str = START) -> str:
        """Why a sensor asks for nothing."""
        found = self.tick(sensor, cursor)
        if isinstance(found, dg.SkipReason):
            return str(found.skip_message)
        assert not found.run_requests
        return str(found.skip_reason.skip_message if found.skip_reason else "")

    def requests(self, sensor: str, cursor: str) -> tuple[list[dg.RunRequest], str]:
        """The runs that a sensor asks for, and the cursor that it leaves."""
        found = self.tick(sensor, cursor)
        assert isinstance(found, dg.SensorResult)
        return list(found.run_requests or []), str(found.cursor)

    def started(self, request: dg.RunRequest, status: str = "STARTED", **tags: str) -> dg.DagsterRun:
        """The run of a request, as the daemon would start it."""
        run = dg.DagsterRun(
            str(request.job_name),
            status=dg.DagsterRunStatus(status),
            tags={**request.tags, **tags},
            run_config=request.run_config,
        )
        return self.instance.add_run(run)

    def done(self, request: dg.RunRequest, **ending: Any) -> Decision:
        """Let the run of a request end well, and record its decision with what came of it."""
        run = self.started(request, "SUCCESS")
        decision = decision_of(run)
        assert decision is not None
        return self.recorded(replace(decision, dagster_run=run.run_id, **ending))

    def recorded(self, decision: Decision) -> Decision:
        """Write a decision into the table."""
        with self.lake.replacing(RETRAINING_DECISION) as path:
            pq.write_table(table_of(merged(read_decisions(self.lake), [decision])), path)
        return decision

    def recording(self, decision: Decision) -> list[Decision]:
        """Carry out a run that records a decision, and read the table that it leaves."""
        carry_out(build_defs(self.settings), recording(decision), instance=self.instance)
        return read_decisions(self.lake)

    def in_flight(self) -> str | None:
        """What the guard says."""
        known = retrainings_of(self.settings, self.instance, self.storage)
        return known.in_flight(now=datetime.now(UTC))


def keep(lake: Lake, contract: Contract, key: str, *rows: Mapping[str, Any]) -> None:
    """Put rows into a partition, as they are."""
    with lake.replacing(contract, key) as path:
        pq.write_table(pa.Table.from_pylist([dict(row) for row in rows], arrow_schema(contract)), path)


def watched_champion(home: Path) -> None:
    """A champion, version 1, and a log up to CLOCK."""
    watched = Watched(home)
    prepare(tracking_below(watched.settings.mlflow_home))
    watched.registry.point(CHAMPION, register(watched.registry).number)
    watched.land(CLOCK)
