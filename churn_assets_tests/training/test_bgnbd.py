from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats

from churn_assets.features.schema import FeatureSchema
from churn_assets.training.arrays import Floats
from churn_assets.training.rungs.bgnbd import BgNbd, BgNbdParameters, Visits, fit_bgnbd

TRUTH = BgNbdParameters(r=0.8, alpha=6.0, a=0.8, b=2.5)
parameters = st.builds(
    BgNbdParameters, r=st.floats(0.2, 5), alpha=st.floats(0.5, 50), a=st.floats(0.2, 5), b=st.floats(0.5, 10)
)


def one(repeats: float, last: float, age: float) -> Visits:
    """A single listener."""
    return Visits(np.array([repeats]), np.array([last]), np.array([age]))


def simulated(listeners: int, *, seed: int, days: float = 90.0, horizon: float = 30.0) -> tuple[Visits, Floats]:
    """Visits of the model's own process, and whether each listener stayed silent over the horizon after it."""
    chance = np.random.default_rng(seed)
    rates = chance.gamma(TRUTH.r, 1.0 / TRUTH.alpha, listeners)
    leaving = chance.beta(TRUTH.a, TRUTH.b, listeners)
    repeats, last, silent = np.zeros(listeners), np.zeros(listeners), np.ones(listeners)
    for listener in range(listeners):
        now, alive = 0.0, True
        while alive and (now := now + chance.exponential(1.0 / rates[listener])) < days + horizon:
            if now < days:
                repeats[listener] += 1
                last[listener] = now
            else:
                silent[listener] = 0.0
            alive = chance.random() > leaving[listener]
    return Visits(repeats, last, np.full(listeners, days)), silent


def integrated(p: BgNbdParameters, of: Callable[[Floats, Floats], Floats]) -> float:
    """A function of the rate and the chance of leaving, integrated over both of their distributions."""
    nodes, weights = np.polynomial.legendre.leggauss(300)
    rate, leave = 2.0 * (nodes + 1.0), (nodes + 1.0) / 2.0
    by_rate = 2.0 * weights * stats.gamma(p.r, scale=1 / p.alpha).pdf(rate)
    by_leaving = weights / 2.0 * stats.beta(p.a, p.b).pdf(leave)
    return float(by_rate @ of(rate[:, None], leave[None, :]) @ by_leaving)


def likelihood_by_quadrature(p: BgNbdParameters, repeats: int, last: float, age: float) -> float:
    """The likelihood of the visits, integrated numerically."""

    def of(rate: Floats, leave: Floats) -> Floats:
        alive = (1 - leave) ** repeats * np.exp(-rate * age)
        gone = leave * (1 - leave) ** (repeats - 1) * np.exp(-rate * last) if repeats else np.zeros(1)
        return np.asarray(rate**repeats * (alive + gone))

    return integrated(p, of)


@pytest.mark.parametrize(("repeats", "last", "age"), [(0, 0.0, 30.0), (1, 4.0, 12.0), (6, 20.0, 30.0)])
def test_the_likelihood_is_that_of_the_process_integrated_over_listeners(repeats: int, last: float, age: float) -> None:
    p = BgNbdParameters(r=2.0, alpha=8.0, a=1.5, b=3.0)
    ours = np.exp(p.log_likelihood(one(repeats, last, age))[0])
    assert ours == pytest.approx(likelihood_by_quadrature(p, repeats, last, age), rel=1e-4)


@given(parameters, st.integers(0, 40), st.floats(0, 1), st.floats(1, 90))
def test_the_slope_of_the_likelihood_is_its_numerical_slope(
    p: BgNbdParameters, repeats: int, share: float, age: float
) -> None:
    visits = one(repeats, share * age if repeats else 0.0, age)
    at = np.array([p.r, p.alpha, p.a, p.b])
    numerical = optimize.approx_fprime(at, lambda v: BgNbdParameters(*v).log_likelihood(visits)[0], 1e-6)
    assert p.slope(visits) == pytest.approx(numerical, rel=2e-3, abs=2e-3)


def test_fitting_recovers_the_parameters_that_made_the_visits() -> None:
    visits, _ = simulated(4000, seed=3)
    found = fit_bgnbd(visits)
    assert found.r == pytest.approx(TRUTH.r, rel=0.12)
    assert found.alpha == pytest.approx(TRUTH.alpha, rel=0.15)
    assert found.a / (found.a + found.b) == pytest.approx(TRUTH.a / (TRUTH.a + TRUTH.b), rel=0.12)
    assert found.log_likelihood(visits).mean() >= TRUTH.log_likelihood(visits).mean()


def test_the_chance_of_silence_is_what_happens_to_simulated_listeners() -> None:
    visits, silent = simulated(6000, seed=5)
    predicted = TRUTH.silent(visits, days=30.0)
    assert predicted.mean() == pytest.approx(silent.mean(), abs=0.015)
    for low, high in ((0.0, 0.3), (0.3, 0.7), (0.7, 1.0)):
        members = (predicted >= low) & (predicted < high)
        assert silent[members].mean() == pytest.approx(predicted[members].mean(), abs=0.04)


def test_the_chance_of_silence_is_the_posterior_integrated_numerically() -> None:
    p, repeats, last, age, days = BgNbdParameters(2.0, 8.0, 1.5, 3.0), 4, 15.0, 25.0, 30.0
    alive = likelihood_of_being_alive(p, repeats, age, silent_days=0.0)
    silent_and_alive = likelihood_of_being_alive(p, repeats, age, silent_days=days)
    whole = likelihood_by_quadrature(p, repeats, last, age)
    expected = 1.0 - alive / whole + silent_and_alive / whole
    assert p.silent(one(repeats, last, age), days=days)[0] == pytest.approx(expected, rel=1e-4)


def likelihood_of_being_alive(p: BgNbdParameters, repeats: int, age: float, *, silent_days: float) -> float:
    """Likelihood of the visits and of being alive at `age`, and silent for so many days more."""
    return integrated(p, lambda rate, leave: (rate * (1 - leave)) ** repeats * np.exp(-rate * (age + silent_days)))


@given(parameters, st.integers(0, 90), st.floats(0, 1), st.floats(1, 90), st.floats(0.5, 60))
def test_chances_are_within_zero_and_one_and_silence_lasts_less_surely_for_longer(
    p: BgNbdParameters, repeats: int, share: float, age: float, days: float
) -> None:
    visits = one(repeats, share * age if repeats else 0.0, age)
    short, long = p.silent(visits, days=days)[0], p.silent(visits, days=2 * days)[0]
    assert 0.0 <= long <= short <= 1.0
    assert 0.0 <= p.alive(visits)[0] <= 1.0


def test_the_longer_the_silence_the_likelier_it_goes_on() -> None:
    last = np.linspace(90.0, 30.0, 20)
    silent = TRUTH.silent(Visits(np.full(20, 15.0), last, np.full(20, 90.0)), days=30.0)
    assert (np.diff(silent) > 0).all()


def test_the_rung_reads_a_visit_as_an_active_day_and_never_sees_the_labels() -> None:
    features = pd.DataFrame(
        {"recency_days": [2.0, 60.0, 1.0] * 30, "active_days_ratio": [0.3, 0.1, 0.8] * 30, "history_days": 90.0}
    )
    rung, schema, labels = BgNbd(horizon_days=30), FeatureSchema((), "f"), np.arange(90) % 2 == 0
    fitted = rung.fit(features, labels, schema=schema, seed=1)
    assert fitted == rung.fit(features, ~labels, schema=schema, seed=2)
    risk = fitted.log_odds(features)
    assert risk[1] > risk[0] > risk[2]


def test_a_listener_of_one_day_has_a_finite_score() -> None:
    features = pd.DataFrame({"recency_days": [0.5] * 40, "active_days_ratio": [1.0, 0.4] * 20, "history_days": 1.0})
    fitted = BgNbd(horizon_days=30).fit(features, np.arange(40) < 9, schema=FeatureSchema((), "f"), seed=1)
    assert np.isfinite(fitted.log_odds(features)).all()
