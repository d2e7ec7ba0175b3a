"""What changed lately: ratios and differences of other features."""

from churn_assets.features.aggregates import NIGHT, WEEKEND, Condition, days, page
from churn_assets.features.aggregates import count as events
from churn_assets.features.catalogue.diversity import Diversity
from churn_assets.features.catalogue.engagement import Engagement
from churn_assets.features.catalogue.satisfaction import DOWN, UP
from churn_assets.features.catalogue.session import Session, play_ms
from churn_assets.features.declaration import FeatureGroup, derived
from churn_assets.features.expressions import Expression

WEEK_DAYS, MONTH_DAYS = 7, 30
RECENT, EARLIER = days(MONTH_DAYS), days(MONTH_DAYS, ending=MONTH_DAYS)
RECENT_UP, RECENT_DOWN = events(page("Thumbs Up"), RECENT), events(page("Thumbs Down"), RECENT)


def _share_change(condition: Condition) -> Expression:
    return events(condition, RECENT) / events(None, RECENT) - events(condition, EARLIER) / events(None, EARLIER)


class Derived(FeatureGroup):
    """What changed lately, and ratios of other features."""

    engagement_ratio = derived(
        "Sessions in 30 days per share of active days.", Engagement.freq_30d / Engagement.active_days_ratio, at_least=0
    )
    diversity_per_session = derived(
        "Distinct songs per session.", Diversity.unique_songs / Session.total_sessions, at_least=0
    )
    play_time_trend_7d_30d = derived(
        "Play time a day of the last 7 days over that of the last 30.",
        (play_ms(days(WEEK_DAYS)) / WEEK_DAYS) / (play_ms(days(MONTH_DAYS)) / MONTH_DAYS),
        at_least=0,
    )
    night_share_change = derived(
        "Share of events at night, last 30 days minus the 30 before.", _share_change(NIGHT), at_least=-1, at_most=1
    )
    weekend_share_change = derived(
        "Share of events on weekends, last 30 days minus the 30 before.", _share_change(WEEKEND), at_least=-1, at_most=1
    )
    thumbs_up_share_change = derived(
        "Likes among the thumbs given: last 30 days minus the whole lookback.",
        RECENT_UP / (RECENT_UP + RECENT_DOWN) - UP / (UP + DOWN),
        at_least=-1,
        at_most=1,
    )
