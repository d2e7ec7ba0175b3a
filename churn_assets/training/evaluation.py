"""The judgement of one model on cut-offs that it never saw: metrics by cut-off and segment, curves, reasons, misses."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

import numpy as np
import pandas as pd

from churn_assets.errors import TrainingError
from churn_assets.training.arrays import Flags, Floats, texts
from churn_assets.training.bootstrap import Resampling
from churn_assets.training.curves import Curves
from churn_assets.training.examples import Examples, listener_codes, outcome
from churn_assets.training.metrics import Forecast, Measurement
from churn_assets.training.misses import Miss, worst_misses
from churn_assets.training.model import ChurnModel
from churn_assets.training.options import Population, Target

TARGETS: tuple[Target, ...] = ("churned", "churned_or_cancelled")
SEGMENTS = ("current_level", "device", "account_age_group")
"""The features whose categories are measured apart, where they are declared."""
EVERYBODY = "all"
LEAST_SEGMENT_ROWS = 20
EXPLAINED_ROWS = 400
"""Importance is the mean over so many rows, drawn evenly; SHAP of a forest is slow."""


@dataclass(frozen=True)
class SegmentMeasurement:
    """A measurement, of which target, in which segment (`all`, `cutoff=2026-03-02`, `device=Mobile`, ...)."""

    target: Target
    segment: str
    measurement: Measurement


@dataclass(frozen=True)
class Evaluation:
    """Everything a model card shows; `importance` is the mean |SHAP| in log-odds, the largest first."""

    rung: str
    target: Target
    threshold: float
    cutoffs: tuple[date, ...]
    measurements: tuple[SegmentMeasurement, ...]
    curves: Curves
    importance: tuple[tuple[str, float], ...]
    misses: tuple[Miss, ...]

    def headline(self, target: Target | None = None) -> dict[str, Measurement]:
        """The measurements of everybody by metric, of the model's own target unless told otherwise."""
        wanted = target or self.target
        return {
            entry.measurement.metric: entry.measurement
            for entry in self.measurements
            if entry.segment == EVERYBODY and entry.target == wanted
        }

    def table(self) -> pd.DataFrame:
        """Rows target x segment x metric: value, low, high, n, positives."""
        return pd.DataFrame([_flat(entry) for entry in self.measurements])

    def to_json(self) -> dict[str, Any]:
        """Plain data that `from_json` reads back."""
        return {
            "rung": self.rung,
            "target": self.target,
            "threshold": self.threshold,
            "cutoffs": [cutoff.isoformat() for cutoff in self.cutoffs],
            "measurements": [_flat(entry) for entry in self.measurements],
            "curves": self.curves.to_json(),
            "importance": [list(pair) for pair in self.importance],
            "misses": [miss.to_json() for miss in self.misses],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The evaluation that `to_json` described."""
        return cls(
            rung=data["rung"],
            target=data["target"],
            threshold=data["threshold"],
            cutoffs=tuple(date.fromisoformat(day) for day in data["cutoffs"]),
            measurements=tuple(_from_flat(entry) for entry in data["measurements"]),
            curves=Curves.from_json(data["curves"]),
            importance=tuple((name, value) for name, value in data["importance"]),
            misses=tuple(Miss.from_json(miss) for miss in data["misses"]),
        )


def evaluate(
    model: ChurnModel, frame: pd.DataFrame, *, resampling: Resampling, population: Population = "at_risk"
) -> Evaluation:
    """Judge `model` on the rows of `frame`; TrainingError if any lies before the model's last label day."""
    cutoffs = sorted({moment.date() for moment in frame["cutoff"]})
    _require_unseen(model, cutoffs)
    examples = Examples.of(frame, cutoffs, target=model.target, population=population)
    rows, probability = examples.frame, model.predict(examples.frame)
    judged = forecast(rows, probability, target=model.target, threshold=model.threshold)
    return Evaluation(
        rung=model.rung,
        target=model.target,
        threshold=model.threshold,
        cutoffs=examples.cutoffs,
        measurements=tuple(_measured(model, rows, probability, resampling=resampling)),
        curves=Curves.of(judged),
        importance=_importance(model, rows, seed=resampling.seed),
        misses=worst_misses(model, rows, judged),
    )


def forecast(frame: pd.DataFrame, probability: Floats, *, target: Target, threshold: float) -> Forecast:
    """The forecast of `probability` (one a row of `frame`) for what became of the rows."""
    return Forecast(probability, outcome(frame, target), listener_codes(frame), threshold)


def _require_unseen(model: ChurnModel, cutoffs: list[date]) -> None:
    if cutoffs and cutoffs[0] < model.last_label_day:
        message = (
            f"The model saw labels up to {model.last_label_day}, so it cannot be judged at the cut-off {cutoffs[0]}: "
            f"evaluate it at cut-offs from {model.last_label_day} on."
        )
        raise TrainingError(message)


def _measured(
    model: ChurnModel, frame: pd.DataFrame, probability: Floats, *, resampling: Resampling
) -> Iterator[SegmentMeasurement]:
    for segment, rows in _segments(frame):
        for target in TARGETS:
            part = forecast(frame[rows], probability[rows], target=target, threshold=model.threshold)
            for measurement in part.measure(resampling):
                yield SegmentMeasurement(target, segment, measurement)


def _segments(frame: pd.DataFrame) -> Iterator[tuple[str, Flags]]:
    yield EVERYBODY, np.ones(len(frame), dtype=bool)
    for moment in sorted(frame["cutoff"].unique()):
        yield f"cutoff={moment.date()}", (frame["cutoff"] == moment).to_numpy(dtype=bool)
    for name in SEGMENTS:
        if name in frame:
            levels = texts(frame[name]).astype(str)
            for level in np.unique(levels):
                rows = np.asarray(levels == level, dtype=np.bool_)
                if rows.sum() >= LEAST_SEGMENT_ROWS:
                    yield f"{name}={level}", rows


def _importance(model: ChurnModel, frame: pd.DataFrame, *, seed: int) -> tuple[tuple[str, float], ...]:
    chosen = frame.sample(min(EXPLAINED_ROWS, len(frame)), random_state=seed)
    strength = model.contributions(chosen).abs().mean().sort_values(ascending=False, kind="stable")
    return tuple((str(name), float(value)) for name, value in strength.items())


def _flat(entry: SegmentMeasurement) -> dict[str, Any]:
    return {"target": entry.target, "segment": entry.segment, **entry.measurement.to_json()}


def _from_flat(data: Mapping[str, Any]) -> SegmentMeasurement:
    measured = {name: value for name, value in data.items() if name not in {"target", "segment"}}
    return SegmentMeasurement(data["target"], data["segment"], Measurement(**measured))
