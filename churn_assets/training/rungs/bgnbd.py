"""BG/NBD: "counting your customers" from how often, how lately and for how long a listener came.

Source: Fader, Hardie & Lee 2005, "Counting Your Customers" the Easy Way: An Alternative to the Pareto/NBD Model,
Marketing Science 24(2), 275-284: the likelihood is their equation 6.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd

from churn_assets.features.schema import FeatureSchema
from churn_assets.training.arrays import Flags, Floats, Rows, expit, logit, numbers
from churn_assets.training.calibration import SURELY
from churn_assets.training.rungs.shapley import exact_shapley

INPUTS = ("recency_days", "active_days_ratio", "history_days")
FILE = "bgnbd.json"
LARGEST_LOG = 9.0
"""Parameters are looked for between exp(-9) and exp(9): beyond, the likelihood is flat."""


@dataclass(frozen=True)
class Visits:
    """One entry a listener: visits after the first one, the day of the last one, and the days observed."""

    repeats: Floats
    last: Floats
    age: Floats


@dataclass(frozen=True)
class BgNbdParameters:
    """Visits come at a daily rate from Gamma(r, alpha); after each, one leaves with a chance from Beta(a, b)."""

    r: float
    alpha: float
    a: float
    b: float

    def alive(self, visits: Visits) -> Floats:
        """P(not yet gone), one a listener."""
        waited = (self.r + visits.repeats) * (np.log(self.alpha + visits.age) - np.log(self.alpha + visits.last))
        log_gone = np.log(self.a) - np.log(self.b + np.maximum(visits.repeats, 1.0) - 1.0) + waited
        return np.where(visits.repeats > 0, expit(-log_gone), 1.0)

    def silent(self, visits: Visits, *, days: float) -> Floats:
        """P(no visit in the next `days`): gone, or alive and silent at a rate from Gamma(r + repeats, alpha + age)."""
        known = np.log(self.alpha + visits.age)
        quiet = np.exp((self.r + visits.repeats) * (known - np.log(self.alpha + visits.age + days)))
        return np.asarray(1.0 - self.alive(visits) * (1.0 - quiet), dtype=np.float64)

    def log_likelihood(self, visits: Visits) -> Floats:
        """Log of equation 6, one value a listener."""
        from scipy.special import betaln, gammaln

        x = visits.repeats
        rate = gammaln(self.r + x) - gammaln(self.r) + self.r * np.log(self.alpha) - betaln(self.a, self.b)
        stayed = betaln(self.a, self.b + x) - (self.r + x) * np.log(self.alpha + visits.age)
        left = betaln(self.a + 1.0, self.b + np.maximum(x, 1.0) - 1.0) - (self.r + x) * np.log(self.alpha + visits.last)
        return np.asarray(rate + np.where(x > 0, np.logaddexp(stayed, left), stayed), dtype=np.float64)

    def slope(self, visits: Visits) -> Floats:
        """Derivatives of the mean log-likelihood by r, alpha, a and b."""
        from scipy.special import digamma

        x, alive = visits.repeats, self.alive(visits)
        gone, shared = 1.0 - alive, digamma(self.a + self.b) - digamma(self.a + self.b + x)
        time = alive * np.log(self.alpha + visits.age) + gone * np.log(self.alpha + visits.last)
        exposure = alive / (self.alpha + visits.age) + gone / (self.alpha + visits.last)
        by_b = alive * digamma(self.b + x) + gone * digamma(self.b + np.maximum(x, 1.0) - 1.0)
        slopes = (
            digamma(self.r + x) - digamma(self.r) + np.log(self.alpha) - time,
            self.r / self.alpha - (self.r + x) * exposure,
            shared + gone / self.a,
            shared - digamma(self.b) + by_b,
        )
        return np.array([float(np.mean(slope)) for slope in slopes])


def fit_bgnbd(visits: Visits) -> BgNbdParameters:
    """Maximum likelihood over listeners, by quasi-Newton steps in the logs of the parameters."""
    from scipy.optimize import minimize

    def loss(logs: Floats) -> tuple[float, Floats]:
        parameters = BgNbdParameters(*np.exp(logs))
        value = -float(parameters.log_likelihood(visits).mean())
        return value, np.asarray(-parameters.slope(visits) * np.exp(logs), dtype=np.float64)

    start = np.log(np.array([1.0, 10.0, 1.0, 5.0], dtype=np.float64))
    found = minimize(loss, start, (), "L-BFGS-B", True, bounds=[(-LARGEST_LOG, LARGEST_LOG)] * len(start))
    r, alpha, a, b = np.exp(found.x).tolist()
    return BgNbdParameters(r, alpha, a, b)


@dataclass(frozen=True)
class FittedBgNbd:
    """The four parameters, the horizon, and the median listener that contributions start from."""

    parameters: BgNbdParameters
    horizon_days: int
    median: tuple[float, ...]

    @property
    def base_log_odds(self) -> float:
        """Score of the median listener."""
        return float(self._score(np.array([self.median]))[0])

    def log_odds(self, features: Rows) -> Floats:
        """Log-odds of P(no visit within the horizon)."""
        return self._score(_inputs(features))

    def contributions(self, features: pd.DataFrame) -> pd.DataFrame:
        """Exact Shapley values of the three inputs against the median listener."""
        shares = exact_shapley(self._score, _inputs(features), np.array(self.median))
        return pd.DataFrame(shares, index=features.index, columns=list(INPUTS))

    def save(self, folder: Path) -> None:
        """Write the parameters."""
        (folder / FILE).write_text(json.dumps(vars(self) | {"parameters": vars(self.parameters)}))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the parameters."""
        data = json.loads((folder / FILE).read_text())
        return cls(BgNbdParameters(**data["parameters"]), data["horizon_days"], tuple(data["median"]))

    def _score(self, inputs: Floats) -> Floats:
        silent = self.parameters.silent(_visits(inputs), days=self.horizon_days)
        return logit(np.clip(silent, SURELY, 1.0 - SURELY))


@dataclass(frozen=True)
class BgNbd:
    """Fitted to the visits before the cut-off alone: it never sees a label."""

    horizon_days: int
    name: str = "bgnbd"
    is_candidate: bool = False

    def inputs(self, selected: tuple[str, ...]) -> tuple[str, ...]:  # noqa: ARG002 — the protocol's signature
        """Recency, active days and days of history, whatever selection kept."""
        return INPUTS

    def fit(self, features: pd.DataFrame, target: Flags, *, schema: FeatureSchema, seed: int) -> FittedBgNbd:  # noqa: ARG002 — the protocol's signature
        """Maximum likelihood of the visits."""
        inputs = _inputs(features)
        median = tuple(float(value) for value in np.median(inputs, axis=0))
        return FittedBgNbd(fit_bgnbd(_visits(inputs)), self.horizon_days, median)


def _inputs(features: Rows) -> Floats:
    """Rows x `INPUTS`; a null, which the catalogue does not produce for them, counts as 0."""
    return np.column_stack([np.nan_to_num(numbers(features[name]), nan=0.0) for name in INPUTS])


def _visits(inputs: Floats) -> Visits:
    """Visits of rows x `INPUTS`: a visit is an active day, and the first one opens the account."""
    recency, ratio, history = inputs.T
    age = np.maximum(history, 1.0)
    repeats = np.maximum(np.round(ratio * age) - 1.0, 0.0)
    return Visits(repeats, np.where(repeats > 0, np.clip(age - recency, 0.0, age), 0.0), age)
