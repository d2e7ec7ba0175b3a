"""A model trained, promoted and watched in a simulated world: what the verdict on performance said, look after look."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from benchmarks.panel import HORIZON_DAYS, SCHEDULE, SCHEMA
from churn_assets.cutoffs import midnight
from churn_assets.monitoring.performance.cohort import Cohort, cohorts
from churn_assets.monitoring.performance.decline import Decline, Jury
from churn_assets.monitoring.performance.production import Production
from churn_assets.training.bootstrap import Resampling
from churn_assets.training.candidates import Study, fit_candidate
from churn_assets.training.evaluation import evaluate
from churn_assets.training.model import ChurnModel
from churn_assets.training.options import TrainingOptions
from churn_assets.training.rungs.logistic import Logistic
from churn_assets.training.rungs.rung import Rung

VERSION = "1"
TRAINING_CUTOFFS, TESTED = 5, slice(10, 12)
"""The first five cut-offs train; their labels have closed by the eleventh, which is tested with the twelfth."""


@dataclass(frozen=True)
class Watched:
    """A version in a world: its promotion test, and the later cohorts with their labels, oldest first."""

    model: ChurnModel
    production: Production
    later: tuple[Cohort, ...]

    def looks(self, jury: Jury) -> Iterator[Decline]:
        """The verdicts, one each time that another cut-off has matured; none where there is too little to go by."""
        for end in range(1, len(self.later) + 1):
            verdict = jury.judge(self.later[:end], self.production)
            if verdict is not None:
                yield verdict


def watched(rows: pd.DataFrame, *, seed: int = 7, rung: Rung | None = None) -> Watched:
    """Train on the first cut-offs of a panel by the platform's own procedure, test on two, score all later ones."""
    schedule = sorted(moment.date() for moment in rows["cutoff"].unique())
    options = TrainingOptions(folds=3, seed=seed, threads=1)
    study = Study.of(rows, SCHEMA, options, cutoffs=schedule[:TRAINING_CUTOFFS])
    model = fit_candidate(rung or Logistic(), study).model
    tested = schedule[TESTED]
    evaluation = evaluate(model, _at(rows, tested), resampling=Resampling(seed=seed))
    production = Production.of(VERSION, evaluation, last_label_day=model.last_label_day)
    return Watched(model, production, tuple(scored(model, _at(rows, schedule[TESTED.stop :]))))


def scored(model: ChurnModel, rows: pd.DataFrame) -> list[Cohort]:
    """What `model` says of `rows`, beside what became of them."""
    scores = rows[["cutoff", "user_id", "at_risk"]].assign(churn_probability=model.predict(rows), model_version=VERSION)
    return cohorts(scores, rows[["cutoff", "user_id", "at_risk", "churned", "cancelled"]], horizon_days=HORIZON_DAYS)


def jury(level: float = 0.05, *, seed: int = 7) -> Jury:
    """A jury on the panel's schedule."""
    return Jury(SCHEDULE, level, Resampling(seed=seed))


def _at(rows: pd.DataFrame, cutoffs: Sequence[date]) -> pd.DataFrame:
    return rows[rows["cutoff"].isin([midnight(cutoff) for cutoff in cutoffs])]
