"""How far back a performance report sees."""

from churn_assets.cutoffs import CutoffSchedule

MATURE_CUTOFFS = 12
"""As many mature cut-offs are seen at most; with the weekly schedule and 30 days' horizon some 16 in all."""


def days_seen(schedule: CutoffSchedule) -> int:
    """How many days before a day's data clock the oldest cut-off may lie that its report sees."""
    return schedule.horizon_days + MATURE_CUTOFFS * schedule.step.days
