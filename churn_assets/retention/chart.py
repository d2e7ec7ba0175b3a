"""Pictures of a retention list: what calling brings as it goes on, and who is on the list."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from churn_assets.retention.arms import ARMS, CALL, HOLD_OUT
from churn_assets.retention.listing import Listing

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

CALL_INK, HOLD_OUT_INK, QUIET_INK = "#4f43dd", "#c8553d", "#8a8f98"
UNKNOWN = "not known"
SHOWN_PAST_BEST = 2
"""How many times the best number of calls the picture reaches: past it, every further call loses money."""
LEAST_SHOWN = 10


def panels(listing: Listing) -> "list[Callable[[Axes], None]]":
    """The panels of one list."""
    return [_gain(listing.valued, listing.listed), _people(listing.listed)]


def _gain(valued: "pd.DataFrame", listed: "pd.DataFrame") -> "Callable[[Axes], None]":
    """Expected money if the first so many candidates were called, a while past the best number; where the list ends."""
    worth = int((valued["expected_value"] > 0).sum())

    def draw(axes: "Axes") -> None:
        total = [0.0, *valued["expected_value"].head(max(SHOWN_PAST_BEST * worth, LEAST_SHOWN)).cumsum()]
        axes.plot(range(len(total)), total, color=CALL_INK, linewidth=1.6)
        axes.axhline(0, color=QUIET_INK, linewidth=0.6)
        axes.axvspan(0, len(listed), color=CALL_INK, alpha=0.12, linewidth=0, label=f"the list: {len(listed):,}")
        axes.set_title("expected money, by listeners called (best first)", loc="left", fontsize=9)
        axes.tick_params(labelsize=7)
        axes.legend(fontsize=7, edgecolor="none", loc="lower left")

    return draw


def _people(listed: "pd.DataFrame") -> "Callable[[Axes], None]":
    """Listeners on the list by level and risk band, those held out apart."""
    import pandas as pd

    named = listed.fillna({"level": UNKNOWN})
    by_arm = {arm: named[named["arm"] == arm].groupby(["level", "risk_band"]).size() for arm in ARMS}
    groups = pd.DataFrame(by_arm).fillna(0).sort_values(CALL, ascending=False)

    def draw(axes: "Axes") -> None:
        axes.set_title("listeners on the list, by level and risk", loc="left", fontsize=9)
        axes.tick_params(labelsize=7)
        if groups.empty:
            axes.text(0.5, 0.5, "nobody is worth a call", ha="center", transform=axes.transAxes, fontsize=8)
            return
        places = range(len(groups))
        axes.barh(places, groups[CALL], color=CALL_INK, label="call")
        axes.barh(places, groups[HOLD_OUT], left=groups[CALL], color=HOLD_OUT_INK, label="held out")
        axes.set_yticks(places, [f"{level}, {band}" for level, band in groups.index])
        axes.invert_yaxis()
        axes.legend(fontsize=7, edgecolor="none", loc="lower right")

    return draw
