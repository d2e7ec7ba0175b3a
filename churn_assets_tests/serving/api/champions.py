"""Tiny real champions that read every declared feature, and a home in which one is promoted."""

import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from churn_assets.contracts.arrow import arrow_schema
from churn_assets.features.catalogue import CATALOGUE
from churn_assets.features.tables import USER_FEATURES
from churn_assets.ingest.tables import EVENTS
from churn_assets.lake.lake import Lake
from churn_assets.registry.artifact import Parts
from churn_assets.registry.registry import CHAMPION, ModelRegistry, ModelVersion
from churn_assets.registry.tracking import Tracking, prepare, tracking_below
from churn_assets.scoring.tables import CHURN_SCORES
from churn_assets.settings import Settings
from churn_assets.training.model import ChurnModel
from churn_assets_tests.logs import FIRST_DAY
from churn_assets_tests.registry.tiny import trained

SCHEMA = CATALOGUE.schema(90)
WORDS = {"current_level": ("free", "paid"), "gender": ("F", "M"), "region": ("A", "B", "CA")}
VALUES = {column.name: column.values for column in USER_FEATURES.columns}  # noqa: PD011 not pandas
LAST_DAY = "2024-04-09"
SCORED = ("2024-03-25", "2024-04-01")
DATA_CLOCK = "2024-04-10T00:00:00.000Z"


def rows(count: int = 300, *, seed: int = 1) -> pd.DataFrame:
    """Rows of `user_features` with `churned`: the longer the silence, the likelier."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"user_id": [f"t{n}" for n in range(count)], "cutoff": pd.Timestamp("2024-03-04")})
    columns = {}
    for feature in CATALOGUE.features:
        if feature.name in SCHEMA.categorical:
            words = WORDS.get(feature.name) or VALUES[feature.name]
            columns[feature.name] = rng.choice(np.array(words, dtype=object), count)
        else:
            columns[feature.name] = rng.random(count) * (feature.at_most or 20.0)
    columns["recency_days"] = rng.random(count) * 30
    columns["churned"] = rng.random(count) < columns["recency_days"] / 30
    return frame.assign(**columns)


def model(*, seed: int = 1) -> ChurnModel:
    """A real, small logistic model over every declared feature."""
    return trained(rows=rows(seed=seed), schema=SCHEMA)


def register(registry: ModelRegistry, made: ChurnModel | None = None) -> ModelVersion:
    """A new version."""
    run = registry.tracking.client().create_run(registry.tracking.experiment_id())
    parts = Parts(made or model(), rows(), {"log_loss": 0.5}, "# A tiny model", {})
    return registry.register(parts, run_id=run.info.run_id, data_versions={})


@dataclass(frozen=True)
class Home:
    """A platform with two versions, the first of them champion, and a lake that landed until `LAST_DAY`."""

    folder: Path

    @property
    def tracking(self) -> Tracking:
        """Its MLflow store."""
        return tracking_below(self.folder / "mlflow")

    @property
    def registry(self) -> ModelRegistry:
        """Its registry."""
        return ModelRegistry(self.tracking)

    def settings(self, **told: object) -> Settings:
        """Its settings."""
        return Settings(home=self.folder, first_day=FIRST_DAY, last_day="open", **told)  # type: ignore[arg-type]

    def copied(self, folder: Path) -> "Home":
        """A home with the same lake and versions, whose aliases and predictions are its own."""
        (folder / "mlflow").mkdir(parents=True)
        shutil.copy(self.folder / "mlflow" / "mlflow.db", folder / "mlflow" / "mlflow.db")
        (folder / "lake").symlink_to(self.folder / "lake")
        return Home(folder)


def make_home(folder: Path) -> Home:
    """Build it."""
    home = Home(folder)
    prepare(home.tracking)
    first = register(home.registry, model(seed=1))
    register(home.registry, model(seed=2))
    home.registry.point(CHAMPION, first.number)
    _land(Lake(folder / "lake"))
    return home


def _land(lake: Lake) -> None:
    """An event on the last day, and the scores of one listener at two cut-offs and of another at the first."""
    event = {
        "user_id": "1",
        "ts": datetime.fromisoformat(LAST_DAY),
        "session_id": 1,
        "item_in_session": 0,
        "page": "Home",
    }
    with lake.replacing(EVENTS, LAST_DAY) as path:
        pq.write_table(pa.Table.from_pylist([event], schema=arrow_schema(EVENTS)), path)
    for number, (cutoff, users) in enumerate(zip(SCORED, (("1", "2"), ("1",)), strict=True)):
        scores = [_score(user, cutoff, 0.25 + number / 2) for user in users]
        with lake.replacing(CHURN_SCORES, cutoff) as path:
            pq.write_table(pa.Table.from_pylist(scores, schema=arrow_schema(CHURN_SCORES)), path)


def _score(user_id: str, cutoff: str, probability: float) -> dict[str, object]:
    at = datetime.fromisoformat(cutoff)
    return {
        "user_id": user_id,
        "churn_probability": probability,
        "churn_pred": probability > 0.5,
        "risk_band": "high" if probability > 0.5 else "medium",
        "reasons": ["Days of silence: 9 (typical 3) raises the risk"],
        "model_version": "1",
        "at_risk": True,
        "as_of": at,
        "inference_timestamp": at,
    }
