"""A small simulated service below one folder, with the whole graph materialised by our own command."""

import json
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd

from churn_assets.cli.model import history_of
from churn_assets.cli.run import run_everything
from churn_assets.contracts.contract import Contract
from churn_assets.lake.frames import read_frame
from churn_assets.lake.lake import Lake
from churn_assets.registry.evidence import Evidence
from churn_assets.registry.history import History
from churn_assets.registry.promotion import Decision
from churn_assets.registry.registry import ModelRegistry, ModelVersion
from churn_assets.registry.tracking import MODEL
from churn_assets.resources.session import Session, open_session
from churn_assets.settings import Settings
from churn_assets.simulate import Change, Simulated, World, write_logs, write_truth

FIRST_DAY = date(2026, 1, 5)
DAYS = 37
LAST_DAY = FIRST_DAY + timedelta(days=DAYS - 1)
CUTOFFS = ["2026-01-12", "2026-01-19", "2026-01-26", "2026-02-02", "2026-02-09"]
MATURE = CUTOFFS[:4]
HELD_OUT = MATURE[-2:]
WORLD = World(
    first_day=FIRST_DAY,
    days=DAYS,
    listeners=1_000,
    late_share=0.01,
    duplicate_share=0.01,
    broken_share=0.005,
    changes=(Change(FIRST_DAY, concept=1.0),),
)
"""Listeners leave because of the price, which recency alone does not know: a champion is found among few of them."""
WEEKLY: Mapping[str, Any] = {
    "first_day": FIRST_DAY,
    "last_day": LAST_DAY,
    "lookback_days": 21,
    "horizon_days": 7,
    "at_risk_days": 7,
    "warmup_days": 7,
    "backtest_cutoffs": 2,
    "folds": 2,
}
"""Settings under which five weeks of log hold four mature cut-offs."""
COUNTS = "simulated.json"
COPY_ATTEMPTS = 5
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NO_ENV_FILE: Mapping[str, Any] = {"_env_file": None}


@dataclass(frozen=True)
class Service:
    """Everything below `home`; `changes` are settings other than WEEKLY."""

    home: Path
    changes: Mapping[str, Any]

    @classmethod
    def of(cls, home: Path, **changes: Any) -> "Service":
        """The service below `home`."""
        return cls(home, changes)

    @property
    def told(self) -> Mapping[str, Any]:
        """Its settings by name."""
        return {**WEEKLY, **self.changes, "home": self.home}

    @cached_property
    def settings(self) -> Settings:
        """Its settings."""
        return Settings(**self.told, **NO_ENV_FILE)

    @property
    def simulated(self) -> Simulated:
        """What the simulator says that it wrote."""
        return Simulated(**json.loads((self.home / COUNTS).read_text()))

    @property
    def truth(self) -> Path:
        """The true probabilities at every cut-off."""
        return self.home / "truth" / "truth.parquet"

    @property
    def lake(self) -> Lake:
        """Its lake."""
        return Lake(Path(self.settings.lake_url))

    @property
    def history(self) -> History:
        """The decisions about its models."""
        return history_of(self.settings)

    @property
    def registry(self) -> ModelRegistry:
        """Its models."""
        return self.history.registry

    def rows(self, contract: Contract, *keys: str) -> pd.DataFrame:
        """A table, or some of its partitions."""
        return read_frame(self.lake.scan(contract, keys or None))

    def land(self, world: World) -> None:
        """Simulate the log, the truth, and keep what was written."""
        done = write_logs(world, self.home / "landing")
        settings = self.settings
        clock = world.first_day + timedelta(days=world.days)
        write_truth(world, self.home / "truth", settings.cutoffs.up_to(clock))
        (self.home / COUNTS).write_text(json.dumps(asdict(done)))

    def run(self, until: str = "reports") -> None:
        """Materialise what is not done yet."""
        run_everything(self.settings, until=until)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Definitions and Dagster's history."""
        with open_session(self.settings) as session:
            yield session

    def made(self, asset: str) -> dict[str, dict[str, Any]]:
        """Metadata of the latest materialisation of each partition of an asset, as plain values."""
        with self.session() as session:
            found = session.platform().histories[asset].made
        return {key: {name: value.value for name, value in made.metadata.items()} for key, made in found.items()}

    def files(self) -> dict[str, bytes]:
        """Content of every table's files, by path."""
        root = self.lake.root
        return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.glob("**/part-0.parquet"))}

    def runs(self) -> Counter[str]:
        """How many runs Dagster and MLflow know, by status."""
        with self.session() as session:
            dagster = Counter(f"dagster {run.status.value}" for run in session.instance.get_runs())
        client = self.registry.tracking.client()
        experiments = [experiment.experiment_id for experiment in client.search_experiments()]
        return dagster + Counter(f"mlflow {run.info.status}" for run in client.search_runs(experiments))

    def check(self, asset: str, name: str) -> dg.AssetCheckEvaluation:
        """The latest evaluation of an asset check."""
        key = dg.AssetCheckKey(dg.AssetKey(asset), name)
        with self.session() as session:
            record = session.instance.event_log_storage.get_asset_check_execution_history(key, limit=1)[0]
        assert record.event is not None
        assert record.event.dagster_event is not None
        return record.event.dagster_event.asset_check_evaluation_data


def copied(service: Service, home: Path) -> Service:
    """A copy that may be changed; its Dagster history and its models are its own."""
    for attempt in range(COPY_ATTEMPTS):
        try:
            shutil.copytree(service.home, home, dirs_exist_ok=True)
            break
        except shutil.Error:
            # Another worker closed a database while it was copied, and its write-ahead log vanished: copy again.
            if attempt == COPY_ATTEMPTS - 1:
                raise
            shutil.rmtree(home)
    # It names the folder of the original.
    (home / ".dagster" / "dagster.yaml").unlink()
    return Service(home, service.changes)


def succeeded(service: Service) -> ModelVersion:
    """A second version, with the files of the first, promoted over it."""
    registry = service.registry
    first, client = registry.champion(), registry.tracking.client()
    tags = client.get_model_version(MODEL, first.number).tags
    created = client.create_model_version(MODEL, first.source, first.run_id, tags)
    first_day, last_day = (datetime.fromisoformat(day).date() for day in HELD_OUT)
    evidence = Evidence(str(created.version), first.rung, 0.5, 9, 3, 0, first_day, last_day, first.number, ())
    service.history.carry_out(Decision(is_promoted=True, reason="A test.", evidence=evidence), at=NOW)
    return registry.champion()
