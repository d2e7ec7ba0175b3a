"""The champion as analysts should see it: what it is, how it was judged, and what the figures mean."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from churn_assets.registry.registry import LoadedModel
    from churn_assets.training.metrics import Measurement

SHOWN = {
    "roc_auc": ("AUC", "How often a listener who leaves has the higher probability of two; 0.5 is a coin, 1 perfect."),
    "average_precision": ("Average precision", "How well those who leave stand on top of the list."),
    "lift_top_10": ("Lift of the top 10 %", "How many times more of the riskiest tenth leave than of all."),
    "recall_top_10": ("Recall of the top 10 %", "Share of all who leave that is found in the riskiest tenth."),
    "log_loss": ("Log-loss", "Error of the probabilities in nats a listener; lower is better."),
    "calibration_error": (
        "Calibration error",
        "How far probabilities lie from what happens, on average; lower is better.",
    ),
}
"""Metrics that are shown: their names, and what they mean."""


@dataclass(frozen=True)
class Metric:
    """One metric: its name, what it means, its value and its 95 % interval."""

    name: str
    meaning: str
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class ChampionView:
    """The model that answers: version, kind, when it was registered, what it learned from and was tested on."""

    version: str
    rung: str
    registered_at: datetime
    last_label_day: date
    tested_at: tuple[date, ...]
    listeners: int
    left: int
    metrics: tuple[Metric, ...]

    @classmethod
    def of(cls, loaded: "LoadedModel") -> "ChampionView":
        """The view of a verified model; without metrics if its artefact holds no evaluation that can be read."""
        from churn_assets.errors import ChurnAssetsError
        from churn_assets.training.evaluation import Evaluation

        try:
            evaluation = Evaluation.from_json(loaded.artifact.evaluation)
            headline, tested = evaluation.headline(), evaluation.cutoffs
        except (ChurnAssetsError, KeyError, TypeError):
            headline, tested = {}, ()
        version, some = loaded.version, next(iter(headline.values()), None)
        return cls(
            version=version.number,
            rung=version.rung.replace("_", " "),
            registered_at=version.created_at,
            last_label_day=version.last_label_day,
            tested_at=tuple(tested),
            listeners=0 if some is None else some.n,
            left=0 if some is None else some.positives,
            metrics=tuple(_metrics(headline)),
        )


def _metrics(headline: "dict[str, Measurement]") -> Iterator[Metric]:
    for name, (title, meaning) in SHOWN.items():
        if name in headline:
            found = headline[name]
            yield Metric(title, meaning, found.value, found.low, found.high)
