"""From a training set to a registered challenger, all of it in one MLflow run."""

import importlib.metadata
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from churn_assets import __version__
from churn_assets.features.schema import FeatureSchema
from churn_assets.registry.artifact import Parts
from churn_assets.registry.card import Provenance, model_card
from churn_assets.registry.challenge import Challenge, challenge
from churn_assets.registry.registry import ModelRegistry, ModelVersion
from churn_assets.registry.training_log import log_comparison, log_evaluation, log_plots
from churn_assets.registry.training_run import TrainingRun, training_run
from churn_assets.training.options import TrainingOptions
from churn_assets.training.plots import draw_all
from churn_assets.training.split import Split

LIBRARIES = ("catboost", "scikit-learn", "mlflow", "pandas", "numpy", "duckdb", "dagster")


@dataclass(frozen=True)
class Origin:
    """Where a training comes from: the Dagster run, and the versions of code and data."""

    dagster_run_id: str
    data_versions: Mapping[str, str]


@dataclass(frozen=True)
class Enrolled:
    """A challenger in the registry, what it was chosen from, and the MLflow run that tells of it."""

    challenge: Challenge
    parts: Parts
    version: ModelVersion
    run: TrainingRun

    def measured(self) -> pd.DataFrame:
        """The columns of CHALLENGER_MODEL."""
        table = self.challenge.evaluation.table()
        return table.assign(version=self.version.number, rung=self.version.rung)


@dataclass(frozen=True)
class Enrolment:
    """How challengers are trained and registered: the declared features, the options, the registry."""

    schema: FeatureSchema
    options: TrainingOptions
    registry: ModelRegistry

    def enrol(self, frame: pd.DataFrame, split: Split, origin: Origin, *, started: Callable[[str], object]) -> Enrolled:
        """Train the ladder, log every candidate, register the best; `started` is told the id of the MLflow run.

        The run ends as FAILED if anything escapes. TrainingError if the rows are too few.
        """
        versions = dict(origin.data_versions)
        name, tracking = f"challenger of {split.test[0]}", self.registry.tracking
        with training_run(tracking, name, data_versions=versions, dagster_run_id=origin.dagster_run_id) as run:
            started(run.run_id)
            done = challenge(frame, self.schema, self.options, split)
            log_comparison(run, done.comparison, done.evaluations)
            log_evaluation(run, done.evaluation)
            parts = _parts(done, run.run_id, versions)
            log_plots(run, parts.plots)
            registered = self.registry.register(parts, run_id=run.run_id, data_versions=versions)
        return Enrolled(done, parts, registered, run)


def _parts(done: Challenge, run_id: str, versions: Mapping[str, str]) -> Parts:
    libraries = [f"{name} {importlib.metadata.version(name)}" for name in LIBRARIES]
    others = {rung: judged for rung, judged in done.evaluations.items() if rung != done.model.rung}
    card = model_card(
        done.model,
        done.evaluation,
        training=done.comparison.study.examples,
        rungs=others,
        provenance=Provenance(__version__, run_id, versions, libraries),
    )
    return Parts(done.model, done.reference, done.evaluation.to_json(), card, draw_all(done.evaluation))
