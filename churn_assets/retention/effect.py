"""What calling did: those who were called beside those who were left alone on purpose, once labels are mature."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from churn_assets.errors import RetentionError
from churn_assets.retention.arms import ARMS, CALL, HOLD_OUT
from churn_assets.training.options import Target

if TYPE_CHECKING:
    import pandas as pd

Z = 1.959963984540054
"""Quantile of the normal distribution for 95 %."""
LISTED = ("cutoff", "user_id", "arm", "campaign", "value", "cost")
LABELLED = ("cutoff", "user_id", "churned", "cancelled")


@dataclass(frozen=True)
class Interval:
    """A number with its 95 % interval."""

    value: float
    low: float
    high: float

    def times(self, factor: float, *, less: float = 0.0) -> "Interval":
        """The same in another unit: times `factor` (not negative), minus `less`."""
        return Interval(self.value * factor - less, self.low * factor - less, self.high * factor - less)


@dataclass(frozen=True)
class ArmOutcome:
    """The listeners of one arm, and how many of them left."""

    listeners: int
    left: int

    @property
    def share(self) -> Interval:
        """The share that left, with Wilson's score interval (1927)."""
        n, p = self.listeners, self.left / self.listeners
        centre, width = p + Z * Z / (2 * n), Z * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
        scale = 1 + Z * Z / n
        return Interval(p, max(0.0, (centre - width) / scale), min(1.0, (centre + width) / scale))


@dataclass(frozen=True)
class Effect:
    """What the calls of a campaign did; `value` is money a kept listener (on average), `cost` money of all calls."""

    campaign: str
    called: ArmOutcome
    held_out: ArmOutcome
    value: float
    cost: float

    @property
    def kept(self) -> Interval:
        """Share of those called whom calling kept: what left of the hold-outs less what left of the called.

        The interval is Newcombe's hybrid of two score intervals (1998, method 10), which holds in small groups too.
        """
        called, held_out = self.called.share, self.held_out.share
        difference = held_out.value - called.value
        below = math.hypot(held_out.value - held_out.low, called.high - called.value)
        above = math.hypot(held_out.high - held_out.value, called.value - called.low)
        return Interval(difference, difference - below, difference + above)

    @property
    def save_rate(self) -> float | None:
        """Share of those about to leave whom a call kept, to be put into the terms; None if no hold-out left."""
        return self.kept.value / self.held_out.share.value if self.held_out.left else None

    @property
    def gain(self) -> Interval:
        """Money that the calls brought, their cost paid."""
        return self.kept.times(self.called.listeners * self.value, less=self.cost)

    @property
    def is_shown(self) -> bool:
        """Whether chance alone does not explain the difference."""
        return self.kept.low > 0 or self.kept.high < 0


def effect(listed: "pd.DataFrame", labels: "pd.DataFrame", *, campaign: str, target: Target = "churned") -> Effect:
    """Measure a campaign: `listed` are rows of RETENTION_LIST, `labels` of CHURN_LABELS, of any cut-offs.

    Each listener counts once, with the first list of the campaign that they were on: what comes after it depends on
    what the first call did. Only mature cut-offs have labels, so younger lists wait. RetentionError while there is
    nothing to compare.
    """
    from churn_assets.training.examples import outcome

    own = listed.loc[listed["campaign"] == campaign, list(LISTED)].sort_values("cutoff")
    first = own.drop_duplicates("user_id")
    known = first.merge(labels[list(LABELLED)], on=["cutoff", "user_id"])
    known = known.assign(left=outcome(known, target))
    arms = {arm: known[known["arm"] == arm] for arm in ARMS}
    _require_both(campaign, first, arms)
    called = arms[CALL]
    outcomes = {arm: ArmOutcome(len(rows), int(rows["left"].sum())) for arm, rows in arms.items()}
    return Effect(
        campaign, outcomes[CALL], outcomes[HOLD_OUT], float(called["value"].mean()), float(called["cost"].sum())
    )


def _require_both(campaign: str, listed: "pd.DataFrame", arms: "dict[str, pd.DataFrame]") -> None:
    """Raise RetentionError unless both arms have listeners whose labels are known."""
    if listed.empty:
        raise RetentionError(
            f"No listener is on a list of the campaign {campaign!r}: make one with `churn-assets run`."
        )
    newest = listed["cutoff"].max().date()
    if all(rows.empty for rows in arms.values()):
        message = (
            f"No list of the campaign {campaign!r} has labels yet (the newest is of {newest}): "
            "wait until the label window after a list has landed, then run `churn-assets run`."
        )
        raise RetentionError(message)
    for arm, rows in arms.items():
        if rows.empty:
            message = (
                f"No listener of the campaign {campaign!r} with labels is in the arm {arm}, so that there is "
                "nothing to compare with: hold out more (CHURN_RETENTION_HOLD_OUT), or wait for more lists."
            )
            raise RetentionError(message)
