"""From raw log-odds to probabilities: Platt's sigmoid, or isotonic regression where the data carry it.

Sources: Platt 1999 (sigmoid, smoothed targets); Zadrozny & Elkan 2002 (isotonic); Niculescu-Mizil & Caruana 2005
(isotonic overfits small samples). Fitted on predictions for listeners that the estimator had not seen.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from churn_assets.training.arrays import Flags, Floats, Integers, expit, logit

SURELY = 1e-6
"""Nothing is predicted to be less or more likely than this far from 0 or 1."""
ROUNDING = 1e-9
"""Raw scores that differ by less than this share of their size are the same."""
PRIOR_ROWS = 5.0
"""Rows of the average outcome mixed into every isotonic step, so that three lucky rows are not a certainty."""
ISOTONIC_LISTENERS = 200
"""Isotonic regression is tried with at least this many distinct listeners of the rarer outcome."""


@dataclass(frozen=True)
class SigmoidCalibration:
    """log-odds = slope x raw + intercept, slope never negative."""

    slope: float
    intercept: float

    def apply(self, raw: Floats) -> Floats:
        """Probabilities strictly within (0, 1) of raw log-odds."""
        return _probabilities(self.slope * raw + self.intercept)

    def to_json(self) -> dict[str, Any]:
        """Plain data that `calibration_from_json` reads back."""
        return {"kind": "sigmoid", "slope": self.slope, "intercept": self.intercept}


@dataclass(frozen=True)
class IsotonicCalibration:
    """Log-odds that never fall along knots of raw log-odds, linear between them, flat beyond."""

    raw_knots: tuple[float, ...]
    log_odds_knots: tuple[float, ...]

    def apply(self, raw: Floats) -> Floats:
        """Probabilities strictly within (0, 1) of raw log-odds."""
        return _probabilities(np.interp(raw, self.raw_knots, self.log_odds_knots))

    def to_json(self) -> dict[str, Any]:
        """Plain data that `calibration_from_json` reads back."""
        return {"kind": "isotonic", "raw_knots": self.raw_knots, "log_odds_knots": self.log_odds_knots}


Calibration = SigmoidCalibration | IsotonicCalibration


def calibration_from_json(data: Mapping[str, Any]) -> Calibration:
    """The calibration that its `to_json` described."""
    match data["kind"]:
        case "sigmoid":
            return SigmoidCalibration(data["slope"], data["intercept"])
        case _:
            return IsotonicCalibration(tuple(data["raw_knots"]), tuple(data["log_odds_knots"]))


def fit_sigmoid(raw: Floats, target: Flags) -> SigmoidCalibration:
    """Maximum likelihood with Platt's smoothed targets; a score that ranks backwards gets slope 0, the base rate."""
    from scipy.optimize import minimize

    positives = int(target.sum())
    wanted = np.where(target, (positives + 1) / (positives + 2), 1 / (len(target) - positives + 2))
    centre, spread = float(raw.mean()), float(raw.std())
    is_constant = spread <= ROUNDING * (1.0 + abs(centre))
    scaled = np.zeros(len(raw)) if is_constant else (raw - centre) / spread

    def loss(weights: Floats) -> tuple[float, Floats]:
        log_odds = weights[0] * scaled + weights[1]
        errors = expit(log_odds) - wanted
        value = np.mean(np.logaddexp(0.0, log_odds) - wanted * log_odds)
        return float(value), np.array([np.mean(errors * scaled), np.mean(errors)])

    start = np.array([1.0, float(logit(wanted.mean()))], dtype=np.float64)
    found = minimize(loss, start, (), "L-BFGS-B", True, bounds=[(0.0, None), (None, None)])
    slope = 0.0 if is_constant else float(found.x[0]) / spread
    return SigmoidCalibration(slope, float(found.x[1]) - slope * centre)


def fit_isotonic(raw: Floats, target: Flags) -> IsotonicCalibration:
    """Pool adjacent violators, then shrink each step by `PRIOR_ROWS` towards the average and pool again."""
    values, group = np.unique(raw, return_inverse=True)
    rows = np.bincount(group).astype(np.float64)
    positions, shares, rows = _pooled(values, np.bincount(group, weights=target) / rows, rows)
    shrunk = (shares * rows + PRIOR_ROWS * target.mean()) / (rows + PRIOR_ROWS)
    positions, shares, _ = _pooled(positions, shrunk, rows)
    log_odds = logit(np.clip(shares, SURELY, 1.0 - SURELY))
    return IsotonicCalibration(tuple(positions.tolist()), tuple(log_odds.tolist()))


def calibrate(raw: Floats, target: Flags, *, fold_of: Integers, listener_of: Integers) -> tuple[Calibration, Floats]:
    """The calibration to keep, and calibrated probabilities of the same rows that no row's own fold has shaped.

    `raw` are out-of-fold log-odds, `fold_of` and `listener_of` codes, one a row. Isotonic is kept only if its
    cross-validated log-loss beats the sigmoid's by more than one standard error over listeners.
    """
    sigmoid = _cross_fitted(fit_sigmoid, raw, target, fold_of=fold_of)
    if _rarer_listeners(target, listener_of) >= ISOTONIC_LISTENERS:
        isotonic = _cross_fitted(fit_isotonic, raw, target, fold_of=fold_of)
        gain = log_losses(target, sigmoid) - log_losses(target, isotonic)
        if gain.mean() > _clustered_error(gain, listener_of):
            return fit_isotonic(raw, target), isotonic
    return fit_sigmoid(raw, target), sigmoid


def log_losses(target: Flags, probability: Floats) -> Floats:
    """Negative log-likelihood of each row, in nats."""
    return -np.log(np.where(target, probability, 1.0 - probability))


def _cross_fitted(
    fit: Callable[[Floats, Flags], Calibration], raw: Floats, target: Flags, *, fold_of: Integers
) -> Floats:
    probabilities = np.empty(len(raw))
    for fold in np.unique(fold_of):
        held = fold_of == fold
        probabilities[held] = fit(raw[~held], target[~held]).apply(raw[held])
    return probabilities


def _rarer_listeners(target: Flags, listener_of: Integers) -> int:
    return min(len(np.unique(listener_of[target])), len(np.unique(listener_of[~target])))


def _clustered_error(values: Floats, listener_of: Integers) -> float:
    sums = np.bincount(listener_of, weights=values - values.mean())
    return float(np.sqrt(np.sum(sums**2)) / len(values))


def _pooled(positions: Floats, shares: Floats, rows: Floats) -> tuple[Floats, Floats, Floats]:
    from scipy.optimize import isotonic_regression

    fitted = isotonic_regression(shares, weights=rows)
    starts = fitted.blocks[:-1]
    sizes = np.add.reduceat(rows, starts)
    return np.add.reduceat(positions * rows, starts) / sizes, fitted.x[starts], sizes


def _probabilities(log_odds: Floats) -> Floats:
    return np.clip(expit(log_odds), SURELY, 1.0 - SURELY)
