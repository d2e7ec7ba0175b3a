"""How much, and how lately, a listener plays music."""

from churn_assets.cutoffs import DAY
from churn_assets.features.aggregates import NIGHT, TS, WEEKEND, days, last, longest_gap, sessions
from churn_assets.features.aggregates import active_days as active
from churn_assets.features.aggregates import count as events
from churn_assets.features.catalogue.demographics import Demographics
from churn_assets.features.declaration import FeatureGroup, amount, count, share
from churn_assets.features.expressions import CUTOFF


class Engagement(FeatureGroup):
    """How much, and how lately, a listener plays music."""

    recency_days = amount("Days from the last event to the cut-off.", (CUTOFF - last(TS)) / DAY)
    freq_7d = count("Sessions started in the 7 days before the cut-off.", sessions(days(7)))
    freq_30d = count("Sessions started in the 30 days before the cut-off.", sessions(days(30)))
    freq_90d = count("Sessions started in the 90 days before the cut-off.", sessions(days(90)))
    active_days_ratio = share("Share of the days that exist with an event.", active() / Demographics.history_days)
    longest_gap_days = amount("Most days between active days of the lookback, up to the cut-off.", longest_gap())
    weekend_ratio = share("Share of the events on Saturdays and Sundays (UTC).", events(WEEKEND) / events())
    night_ratio = share("Share of the events from 20:00 to 06:00 UTC.", events(NIGHT) / events())
