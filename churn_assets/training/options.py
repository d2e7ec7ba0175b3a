"""What a training is told: the target, the population, the folds, chance and threads."""

from dataclasses import dataclass
from typing import Literal

Target = Literal["churned", "churned_or_cancelled"]
Population = Literal["at_risk", "seen"]


@dataclass(frozen=True)
class TrainingOptions:
    """How candidates are trained; the defaults are those of the settings."""

    target: Target = "churned"
    horizon_days: int = 30
    folds: int = 3
    seed: int = 7
    threads: int = 2
    population: Population = "at_risk"
