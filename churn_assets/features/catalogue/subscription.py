"""What the listener pays, and how that changed."""

from churn_assets.cutoffs import DAY
from churn_assets.features.aggregates import LEVEL, changes, last_change, latest, page, time_in
from churn_assets.features.aggregates import count as events
from churn_assets.features.declaration import FeatureGroup, amount, category, count
from churn_assets.features.expressions import CUTOFF

PAID = "paid"


class Subscription(FeatureGroup):
    """What the listener pays, and how that changed in the lookback."""

    current_level = category("Subscription level at the latest event.", latest(LEVEL))
    level_changes = count("Changes of the level from one event to the next.", changes(LEVEL))
    time_as_paid_days = amount(
        "Days spent paid: each event's level holds until the next event or the cut-off.", time_in(LEVEL, PAID) / DAY
    )
    days_since_level_change = amount(
        "Days from the last change of the level to the cut-off; null without one.",
        (CUTOFF - last_change(LEVEL)) / DAY,
        nullable=True,
    )
    upgrades = count("Upgrades submitted.", events(page("Submit Upgrade")))
    downgrades = count("Downgrades submitted.", events(page("Submit Downgrade")))
