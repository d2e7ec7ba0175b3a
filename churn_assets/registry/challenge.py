"""A challenge: the ladder trained on what had matured, its best candidate judged against today's champion."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import pandas as pd

from churn_assets.cutoffs import midnight
from churn_assets.features.schema import FeatureSchema
from churn_assets.registry.evidence import Contender, Evidence, challenging, defending, weigh
from churn_assets.registry.registry import CHAMPION, LoadedModel, ModelRegistry
from churn_assets.training.arrays import Floats
from churn_assets.training.bootstrap import Resampling
from churn_assets.training.candidates import Comparison, Study, compare_candidates, fit_candidates
from churn_assets.training.evaluation import Evaluation, evaluate
from churn_assets.training.examples import Examples
from churn_assets.training.leaks import LeakFinding, find_leaks, model_leak
from churn_assets.training.model import ChurnModel
from churn_assets.training.options import TrainingOptions
from churn_assets.training.rungs import ladder
from churn_assets.training.side_by_side import side_by_side
from churn_assets.training.split import Split


@dataclass(frozen=True)
class Challenge:
    """The compared candidates, and each of them (by rung) judged on cut-offs held out from all of them."""

    comparison: Comparison
    evaluations: Mapping[str, Evaluation]
    split: Split

    @property
    def evaluation(self) -> Evaluation:
        """How the challenger did."""
        return self.evaluations[self.model.rung]

    @property
    def model(self) -> ChurnModel:
        """The challenger: the very model that was evaluated, not a refit."""
        return self.comparison.challenger.model

    @property
    def reference(self) -> pd.DataFrame:
        """The feature rows it was trained on: `user_id`, `cutoff` and every declared feature."""
        columns = ["user_id", "cutoff", *self.model.schema.names]
        return self.comparison.study.examples.frame[columns]

    def ranking(self) -> pd.DataFrame:
        """The columns of CANDIDATE_MODELS, the best rung first."""
        examples = self.comparison.study.examples
        shared = {
            "base_rate": float(examples.target.mean()),
            "rows": len(examples.frame),
            "listeners": int(examples.frame["user_id"].nunique()),
            "cutoffs": len(examples.cutoffs),
        }
        return pd.DataFrame(
            {
                "rung": candidate.model.rung,
                "is_candidate": candidate.is_candidate,
                "is_chosen": candidate.model is self.model,
                "log_loss": candidate.log_loss,
                "features": len(candidate.model.selected),
                **shared,
            }
            for candidate in self.comparison.ranking
        )


def challenge(frame: pd.DataFrame, schema: FeatureSchema, options: TrainingOptions, split: Split) -> Challenge:
    """Train the whole ladder on the split's training cut-offs and judge every rung on its test cut-offs.

    `frame` is the training set. TrainingError if the rows are too few.
    """
    study = Study.of(frame, schema, options, cutoffs=split.training)
    rungs = ladder(horizon_days=options.horizon_days, threads=options.threads)
    comparison = compare_candidates(rungs, study)
    test = frame[frame["cutoff"].isin([midnight(day) for day in split.test])]
    resampling = Resampling(seed=options.seed)
    models = [candidate.model for candidate in comparison.ranking]
    judged = side_by_side(
        lambda model: evaluate(model, test, resampling=resampling, population=options.population),
        models,
        threads=options.threads,
    )
    return Challenge(comparison, {one.rung: one for one in judged}, split)


def leaks(
    frame: pd.DataFrame, model: ChurnModel, evaluation: Evaluation, *, at_risk_days: int
) -> tuple[LeakFinding, ...]:
    """Findings of the leak alarm: on the training rows and on the measured model."""
    examples = Examples.of(frame, model.trained_cutoffs, target=model.target)
    found = find_leaks(examples, model.schema, at_risk_days=at_risk_days)
    return (*found, *model_leak(model.rung, evaluation.headline().values()))


def contest(frame: pd.DataFrame, registry: ModelRegistry, *, options: TrainingOptions) -> Evidence:
    """Confront the registered challenger with whoever is champion today."""
    sitting = registry.find(CHAMPION)
    champion = None if sitting is None else registry.load(sitting)
    return confront(frame, registry.load(registry.challenger()), champion, options=options)


def confront(
    frame: pd.DataFrame, challenger: LoadedModel, champion: LoadedModel | None, *, options: TrainingOptions
) -> Evidence:
    """Compare challenger, champion and the simple rungs on the matured rows after the challenger's last label day."""
    model = challenger.model
    test = _matured_after(frame, model.last_label_day, options)
    defender = None
    if champion is not None:
        defender = _defender(champion, test.frame, model)
    return weigh(
        test.frame.assign(outcome=test.target),
        challenging(challenger.version, model, test.frame),
        champion=defender,
        simple_rungs=_simple_forecasts(frame, model, test.frame, options=options),
        resampling=Resampling(seed=options.seed),
    )


def with_leaks(evidence: Evidence, found: tuple[LeakFinding, ...]) -> Evidence:
    """The evidence with the findings of the leak alarm, which block a promotion."""
    return replace(evidence, leaks=tuple(finding.message for finding in found))


def _matured_after(frame: pd.DataFrame, day: date, options: TrainingOptions) -> Examples:
    cutoffs = sorted({moment.date() for moment in frame["cutoff"].unique()})
    later = [cutoff for cutoff in cutoffs if cutoff >= day]
    return Examples.of(frame, later, target=options.target, population=options.population)


def _defender(champion: LoadedModel, rows: pd.DataFrame, challenger: ChurnModel) -> Contender:
    return defending(champion.version, champion.model, rows, challenger=challenger)


def _simple_forecasts(
    frame: pd.DataFrame, challenger: ChurnModel, rows: pd.DataFrame, *, options: TrainingOptions
) -> Mapping[str, Floats]:
    """What the simple rungs, trained on the challenger's cut-offs, say of the test rows."""
    study = Study.unselected(frame, challenger.schema, options, cutoffs=challenger.trained_cutoffs)
    simple = [rung for rung in ladder(horizon_days=options.horizon_days) if not rung.is_candidate]
    return {candidate.model.rung: candidate.model.predict(rows) for candidate in fit_candidates(simple, study)}
