"""Candidates: every rung fitted, calibrated and compared on the same folds of the same training rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Self

import numpy as np
import pandas as pd

from churn_assets.errors import TrainingError
from churn_assets.features.schema import FeatureSchema
from churn_assets.training.arrays import Flags, Floats, Integers
from churn_assets.training.calibration import calibrate, log_losses
from churn_assets.training.examples import Examples
from churn_assets.training.folds import assign_folds
from churn_assets.training.metrics import Forecast, best_f1_threshold
from churn_assets.training.model import ChurnModel
from churn_assets.training.options import TrainingOptions
from churn_assets.training.rungs.rung import FittedRung, Rung
from churn_assets.training.selection import select_features
from churn_assets.training.side_by_side import side_by_side


@dataclass(frozen=True)
class Study:
    """The training rows with all that rungs share: folds, and the features selected in each fold and on all rows."""

    examples: Examples
    schema: FeatureSchema
    options: TrainingOptions
    fold_of: Integers
    selected_without: tuple[tuple[str, ...], ...]
    selected: tuple[str, ...]

    @classmethod
    def of(
        cls, frame: pd.DataFrame, schema: FeatureSchema, options: TrainingOptions, *, cutoffs: Sequence[date]
    ) -> Self:
        """Fold the rows of `frame` at `cutoffs` and select features; TrainingError if they are too few."""
        from threadpoolctl import threadpool_limits

        study = cls.unselected(frame, schema, options, cutoffs=cutoffs)
        kept = [study.fold_of != fold for fold in range(options.folds)]
        every = np.ones(len(study.fold_of), dtype=bool)
        with threadpool_limits(limits=1):
            selections = [_selected(study.examples, schema, rows, seed=options.seed) for rows in (*kept, every)]
        return replace(study, selected_without=tuple(selections[:-1]), selected=selections[-1])

    @classmethod
    def unselected(
        cls, frame: pd.DataFrame, schema: FeatureSchema, options: TrainingOptions, *, cutoffs: Sequence[date]
    ) -> Self:
        """The same without a selection of features, which takes seconds, for rungs that heed none."""
        examples = Examples.of(frame, cutoffs, target=options.target, population=options.population)
        fold_of = assign_folds(examples.listener_of, examples.target, folds=options.folds, seed=options.seed)
        return cls(examples, schema, options, fold_of, ((),) * options.folds, ())


@dataclass(frozen=True)
class Candidate:
    """A fitted model and what it said, calibrated, of training listeners that it had not seen."""

    model: ChurnModel
    is_candidate: bool
    out_of_fold: Forecast

    @property
    def log_loss(self) -> float:
        """Mean out-of-fold log-loss after calibration, in nats: what candidates are ranked by."""
        return float(log_losses(self.out_of_fold.target, self.out_of_fold.probability).mean())


@dataclass(frozen=True)
class Comparison:
    """Every rung's candidate, the best first, and the study they share."""

    study: Study
    ranking: tuple[Candidate, ...]

    @property
    def challenger(self) -> Candidate:
        """The best that may be promoted; TrainingError if only simple rungs were compared."""
        eligible = [candidate for candidate in self.ranking if candidate.is_candidate]
        if not eligible:
            rungs = ", ".join(candidate.model.rung for candidate in self.ranking)
            message = f"Only simple rungs were compared ({rungs}): add logistic, forest, boosting or catboost."
            raise TrainingError(message)
        return eligible[0]


def compare_candidates(rungs: Iterable[Rung], study: Study) -> Comparison:
    """Fit every rung and rank by out-of-fold log-loss after calibration; ties stay in the order of `rungs`."""
    return Comparison(study, tuple(sorted(fit_candidates(rungs, study), key=lambda candidate: candidate.log_loss)))


def fit_candidates(rungs: Iterable[Rung], study: Study) -> list[Candidate]:
    """Fit every rung, in their order; the last ones, which take longest, begin first."""
    listed = list(rungs)
    fitted = side_by_side(lambda rung: _candidate(rung, study), listed[::-1], threads=study.options.threads)
    return fitted[::-1]


def fit_candidate(rung: Rung, study: Study) -> Candidate:
    """Predict out of fold, calibrate and choose the threshold on that, then fit on every training row."""
    return fit_candidates([rung], study)[0]


def _candidate(rung: Rung, study: Study) -> Candidate:
    examples, options = study.examples, study.options
    raw = _out_of_fold(rung, study)
    fitted = _fit(rung, study, np.ones(len(raw), dtype=bool), selected=study.selected)
    calibration, probability = calibrate(raw, examples.target, fold_of=study.fold_of, listener_of=examples.listener_of)
    threshold = best_f1_threshold(probability, examples.target)
    model = ChurnModel(
        rung=rung.name,
        schema=study.schema,
        selected=rung.inputs(study.selected),
        fitted=fitted,
        calibration=calibration,
        threshold=threshold,
        trained_cutoffs=examples.cutoffs,
        target=options.target,
        horizon_days=options.horizon_days,
        seed=options.seed,
    )
    return Candidate(model, rung.is_candidate, Forecast(probability, examples.target, examples.listener_of, threshold))


def _out_of_fold(rung: Rung, study: Study) -> Floats:
    raw = np.empty(len(study.fold_of))
    for fold, selected in enumerate(study.selected_without):
        held = study.fold_of == fold
        raw[held] = _fit(rung, study, ~held, selected=selected).log_odds(study.examples.frame[held])
    return raw


def _fit(rung: Rung, study: Study, rows: Flags, *, selected: tuple[str, ...]) -> FittedRung:
    names = rung.inputs(selected)
    features = study.examples.frame.loc[rows, list(names)]
    target, seed = study.examples.target[rows], study.options.seed
    return rung.fit(features, target, schema=study.schema.only(names), seed=seed)


def _selected(examples: Examples, schema: FeatureSchema, rows: Flags, *, seed: int) -> tuple[str, ...]:
    return select_features(
        examples.frame[rows], examples.target[rows], schema=schema, listener_of=examples.listener_of[rows], seed=seed
    )
