"""Whether a version got worse since its promotion test: the verdict that may cause a retraining.

A metric got worse if two things hold beyond chance: it is worse than at the promotion test, and worse than the
probabilities themselves made it expected on these very listeners. The first alone fires when the listeners change
(with harder ones any AUC falls, with more at risk any log-loss rises, and a model that knows so is still right). The
second alone fires on a model that was off from the first day. Both must hold, so the larger p-value counts
(intersection-union: Berger 1982), and it is no multiple test.

Three metrics are asked, each with a third of the level: AUC, whether the order went wrong; log-loss, whether the
probabilities did; and the base rate, which moves in either direction without touching the AUC, and whose fall even
improves the log-loss. Every newly matured cut-off is another look: look k spends 1 / (k (k + 1)) of the level, and all
looks that may ever come, however they depend on each other, spend all of it (Bonferroni).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from churn_assets.cutoffs import CutoffSchedule
from churn_assets.monitoring.performance.cohort import Cohort
from churn_assets.monitoring.performance.production import BASE_RATE, Production
from churn_assets.monitoring.performance.resampled import AUC, LOG_LOSS, TESTED, Pair, resampled
from churn_assets.training.bootstrap import Resampling

LEAST_CUTOFFS, MOST_CUTOFFS = 2, 4
"""A verdict needs so many matured cut-offs after the promotion test, and looks at no more than the newest few."""
LEAST_CHURNERS = 20
"""Expected churners below which nothing is said: the normal approximation needs them."""
NEGLIGIBLE_AUC = 0.01
NEGLIGIBLE_SHARE = {LOG_LOSS: 0.02, BASE_RATE: 0.10}
"""What is no loss worth a retraining, however many listeners prove it: of the AUC, and as shares of production."""


@dataclass(frozen=True)
class Trial:
    """One metric: production, current and expected value, and the p-value, adjusted for all metrics and looks."""

    metric: str
    production: float
    current: float
    expected: float
    p_value: float


@dataclass(frozen=True)
class Decline:
    """The trials of the cut-offs that were looked at together, and the level that they are held against."""

    version: str
    cutoffs: tuple[date, ...]
    look: int
    level: float
    trials: Mapping[str, Trial]

    @property
    def is_drop(self) -> bool:
        """Whether any metric got worse."""
        return any(trial.p_value <= self.level for trial in self.trials.values())

    @property
    def worst(self) -> Trial:
        """The trial with the smallest p-value."""
        return min(self.trials.values(), key=lambda trial: trial.p_value)


@dataclass(frozen=True)
class Jury:
    """How declines are judged: the schedule of cut-offs, the chance of a false alarm, and the resampling."""

    schedule: CutoffSchedule
    level: float
    resampling: Resampling

    def judge(self, cohorts: Sequence[Cohort], production: Production) -> Decline | None:
        """The verdict on labelled `cohorts` of a version, oldest first; None where there is too little to go by.

        Only cut-offs after the promotion test are looked at: what lies in it is production itself.
        """
        later = [cohort for cohort in cohorts if cohort.cutoff > max(production.tested) and len(cohort.rows)]
        if len(later) < LEAST_CUTOFFS:
            return None
        looked_at = later[-MOST_CUTOFFS:]
        rows = Cohort.together(looked_at)
        if min(rows.probability.sum(), (1.0 - rows.probability).sum()) < LEAST_CHURNERS:
            return None
        look = self._look(later, production)
        pairs = resampled(
            rows.probability, rows.outcome(production.target), listener_of=rows.listener_of, resampling=self.resampling
        )
        trials = {metric: _trial(metric, pair, production, looks=look * (look + 1)) for metric, pair in pairs.items()}
        return Decline(production.version, tuple(part.cutoff for part in looked_at), look, self.level, trials)

    def _look(self, later: Sequence[Cohort], production: Production) -> int:
        """Which look at this version this is, the first with two cut-offs.

        A report sees only so far back. Beyond that, looks are counted from the first cut-off after the promotion test
        had matured.
        """
        since = later[-1].cutoff - self.schedule.matures_on(max(production.tested))
        return max(len(later) - LEAST_CUTOFFS + 1, since // self.schedule.step - LEAST_CUTOFFS + 1)


def _trial(metric: str, pair: Pair, production: Production, *, looks: int) -> Trial:
    """The larger of both p-values, times metrics and looks, at most 1."""
    match metric:
        case "base_rate":
            before, after, p_value = _moved(pair, production)
        case _:
            before, after, p_value = _worse(metric, pair, production)
    return Trial(metric, before, after, pair.expected.value, min(1.0, p_value * len(TESTED) * looks))


def _worse(metric: str, pair: Pair, production: Production) -> tuple[float, float, float]:
    """Production, current value and p-value of a metric that can get worse in one direction only."""
    before, now = production.get(production.target, metric).value, pair.realised
    if before is None or not math.isfinite(now.value):
        return math.nan, now.value, 1.0
    sign = -1.0 if metric == AUC else 1.0
    negligible = NEGLIGIBLE_AUC if metric == AUC else NEGLIGIBLE_SHARE[metric] * before
    unlike_production = sign * (now.value - before) - negligible
    unlike_expected = now - pair.expected
    p_value = max(
        _chance(unlike_production, math.hypot(now.error, production.error(metric))),
        _chance(sign * unlike_expected.value, unlike_expected.error),
    )
    return before, now.value, p_value


def _moved(pair: Pair, production: Production) -> tuple[float, float, float]:
    """The same for the share of churners: how far it lies from what was expected, either way, now and at promotion."""
    before = production.get(production.target, BASE_RATE).value
    assert before is not None
    gap, gap_before = pair.realised - pair.expected, before - production.expected_rate
    sign = math.copysign(1.0, gap.value)
    negligible = NEGLIGIBLE_SHARE[BASE_RATE] * pair.expected.value
    p_value = max(
        _chance(sign * (gap.value - gap_before) - negligible, math.hypot(gap.error, production.rate_error)),
        _chance(sign * gap.value, gap.error),
    )
    return before, pair.realised.value, min(1.0, 2.0 * p_value)


def _chance(excess: float, error: float) -> float:
    """Chance of so much or more under the null: the upper tail of the normal distribution."""
    if error <= 0:
        return 1.0 if excess <= 0 else 0.0
    return 0.5 * math.erfc(excess / error / math.sqrt(2.0))
