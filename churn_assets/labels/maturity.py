"""When a label may be made: never before its whole window has landed."""

from collections.abc import Sequence
from datetime import date

from churn_assets.cutoffs import CutoffSchedule
from churn_assets.errors import ImmatureLabelError


def require_mature(cutoffs: Sequence[date], schedule: CutoffSchedule, clock: date) -> None:
    """Raise ImmatureLabelError unless the label window of every cut-off has landed at the data clock."""
    early = [cutoff for cutoff in cutoffs if schedule.matures_on(cutoff) > clock]
    if early:
        first = min(early)
        message = (
            f"The labels of cut-off {first} need every day up to {schedule.matures_on(first)} (exclusive), but the log "
            f"has landed only up to {clock} (exclusive). Labels are never guessed: wait for those days, or choose one "
            f"of the mature cut-offs ({_span(schedule.mature(clock))})."
        )
        raise ImmatureLabelError(message)


def _span(cutoffs: Sequence[date]) -> str:
    return f"{cutoffs[0]} to {cutoffs[-1]}" if cutoffs else "none yet"
