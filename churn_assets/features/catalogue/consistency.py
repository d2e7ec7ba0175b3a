"""How steady the weeks are: sessions started in the 12 full weeks before the cut-off, silent weeks count as 0."""

from churn_assets.cutoffs import DAYS_A_WEEK
from churn_assets.features.aggregates import days, sessions
from churn_assets.features.catalogue.demographics import Demographics
from churn_assets.features.declaration import FeatureGroup, amount, derived
from churn_assets.features.expressions import Expression, least, only_if, square_root, total, where

WEEKS = 12
WEEKLY = [sessions(days(DAYS_A_WEEK, ending=DAYS_A_WEEK * week)) for week in range(WEEKS)]
"""Sessions started in each week, the newest first."""
WEEK_COUNT = least(WEEKS, Demographics.history_days // DAYS_A_WEEK)
"""Full weeks that exist for the listener: the older ones are left out, not counted as silent."""
SHORTEST_TREND = 2
SHORTEST_MOMENTUM = 4


def _over_weeks(terms: list[Expression]) -> Expression:
    return total([where(week + 1 <= WEEK_COUNT, term, 0) for week, term in enumerate(terms)])


MEAN = _over_weeks(list(WEEKLY)) / WEEK_COUNT
MEAN_OF_SQUARES = _over_weeks([sessions_ * sessions_ for sessions_ in WEEKLY]) / WEEK_COUNT
CENTRE = (WEEK_COUNT - 1) / 2
"""Mean age in weeks; time runs against age, so the slope over time is minus the slope over age."""
COVARIATION = _over_weeks([(CENTRE - week) * sessions_ for week, sessions_ in enumerate(WEEKLY)])
VARIATION = WEEK_COUNT * (WEEK_COUNT * WEEK_COUNT - 1) / 12


class Consistency(FeatureGroup):
    """How steady the listener's weeks are, and where they are going."""

    weekly_mean = amount("Mean sessions a week over the full weeks that exist, at most 12.", MEAN, nullable=True)
    weekly_std = amount(
        "Standard deviation (of the population) of the sessions a week.",
        square_root(MEAN_OF_SQUARES - MEAN * MEAN),
        nullable=True,
    )
    activity_slope = derived(
        "Least-squares slope of the sessions a week, in sessions a week per week.",
        only_if(WEEK_COUNT >= SHORTEST_TREND, COVARIATION / VARIATION),
    )
    momentum_ratio = derived(
        "Sessions of the last 2 weeks over those of the 2 weeks before.",
        only_if(WEEK_COUNT >= SHORTEST_MOMENTUM, (WEEKLY[0] + WEEKLY[1]) / (WEEKLY[2] + WEEKLY[3])),
        at_least=0,
    )
