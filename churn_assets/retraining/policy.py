"""Whether to retrain: pure, from a cause, the decisions before it, and the wall clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from churn_assets.retraining.cause import Cause
from churn_assets.retraining.decision import Decision
from churn_assets.retraining.tables import (
    ASKED_FOR,
    BUDGET_SPENT,
    COOL_DOWN,
    FAILED,
    NO_CAUSE,
    PROMOTION,
    REFUSAL,
    RETRAIN,
)

BUDGET_PERIOD = timedelta(days=30)


@dataclass(frozen=True)
class Policy:
    """What keeps a storm of causes from retraining all day, in wall time.

    At least `cooldown` lies between two retrainings, and at most `budget` of them in any 30 days.
    """

    cooldown: timedelta
    budget: int

    def decide(self, cause: Cause, past: Sequence[Decision], *, now: datetime) -> Decision:
        """Retrain for a new cause, unless it is too early; `past` holds earlier decisions, the oldest first.

        What a person asks for is always done, and counts for the cool-down and the budget of what comes after.
        """
        retrainings = [decision for decision in past if decision.is_retraining]
        verdict, reason = self._ruling(cause, retrainings, now)
        return Decision.on(cause, verdict=verdict, reason=reason, at=now)

    def _ruling(self, cause: Cause, retrainings: Sequence[Decision], now: datetime) -> tuple[str, str]:
        if cause.trigger == ASKED_FOR:
            return RETRAIN, cause.finding
        answered = next((known for known in reversed(retrainings) if _answers(known, cause)), None)
        if answered is not None:
            return NO_CAUSE, f"{cause.finding} {_why_not_again(answered)}"
        rested = max((known.decided_at for known in retrainings), default=now - self.cooldown) + self.cooldown
        if now < rested:
            return COOL_DOWN, f"{cause.finding} The last retraining is too recent: not before {_minute(rested)}."
        affordable = self.affordable_from(retrainings, now=now)
        if now < affordable:
            return BUDGET_SPENT, f"{cause.finding} {self._spent(affordable)}"
        return RETRAIN, f"{cause.finding} {_what_to_learn_from(cause)}"

    def affordable_from(self, retrainings: Sequence[Decision], *, now: datetime) -> datetime:
        """When the budget allows the next retraining; `now` or earlier if it does."""
        if self.budget == 0:
            return datetime.max.replace(tzinfo=now.tzinfo)
        newest = sorted((known.decided_at for known in retrainings), reverse=True)
        return newest[self.budget - 1] + BUDGET_PERIOD if len(newest) >= self.budget else now

    def _spent(self, affordable: datetime) -> str:
        if self.budget == 0:
            return "The budget of retrainings is 0 (CHURN_RETRAINING_BUDGET)."
        return f"The budget of {self.budget} retrainings in 30 days is spent: not before {_minute(affordable)}."


def _answers(known: Decision, cause: Cause) -> bool:
    """Whether a retraining that took place gave all that one for `cause` could give.

    It did if no cut-off has matured since, and the champion is the one that it confronted, or the one that it made: the
    labels, the code and the seed being the same, the answer would be. A failed one answers only its own cause.
    """
    if known.outcome == FAILED:
        return known.cause == cause.identity
    is_same_ground = known.newest_mature == cause.ground.newest_mature
    return known.outcome in (PROMOTION, REFUSAL) and is_same_ground and cause.ground.champion in _confronted(known)


def _confronted(known: Decision) -> tuple[str | None, ...]:
    return known.champion, known.champion_after


def _why_not_again(known: Decision) -> str:
    when = _minute(known.decided_at)
    if known.outcome == FAILED:
        return f"The retraining of {when} failed for this very cause: mend it, then run `churn-assets retrain`."
    return (
        f"The retraining of {when} has learned from all labels that are mature (up to cut-off {known.newest_mature}) "
        f"and ended in a {known.outcome}: another one could only say the same."
    )


def _what_to_learn_from(cause: Cause) -> str:
    newest = cause.ground.newest_mature
    return "No cut-off is mature yet." if newest is None else f"Labels are mature up to cut-off {newest}."


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
