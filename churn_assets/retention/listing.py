"""The list: whom to call, by expected value, as far as the budget reaches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from churn_assets.cutoffs import midnight
from churn_assets.features.tables import USER_FEATURES
from churn_assets.lake.frames import FRAME_TYPES
from churn_assets.lake.lake import Lake
from churn_assets.retention.arms import CALL
from churn_assets.retention.candidates import candidates, listed_before, newest_scored
from churn_assets.retention.tables import RETENTION_LIST
from churn_assets.retention.terms import Terms
from churn_assets.scoring.tables import CHURN_SCORES

if TYPE_CHECKING:
    import pandas as pd

TYPES = {column.name: FRAME_TYPES[column.type] for column in RETENTION_LIST.columns}


def retention_list(scored: "pd.DataFrame", terms: Terms) -> "pd.DataFrame":
    """Whom to call of the candidates of one cut-off: the columns of RETENTION_LIST, the highest expected value first.

    `scored` are rows of `churn_scores` with `level` and `region`, as `candidates` reads them. A call
    is expected to bring probability x save_rate x value - cost, in money; only who brings something is listed. The list
    goes on until the budget is spent. Whoever is held out costs nothing and takes nobody's place; whether a listener
    is on the list is settled before their arm is looked at, so that the arms of those listed are a fair draw.
    """
    ranked = valued(scored, terms)
    ranked = ranked[ranked["expected_value"] > 0]
    arms = ranked.assign(arm=terms.draw.arms(ranked["user_id"]))
    is_called = (arms["arm"] == CALL).astype("int64")
    called_before = is_called.cumsum() - is_called
    listed = arms if terms.calls is None else arms[called_before < terms.calls]
    made = listed.assign(
        rank=range(1, len(listed) + 1),
        save_rate=float(terms.save_rate),
        cost=float(terms.cost),
        hold_out=float(terms.hold_out),
        campaign=terms.campaign,
    )
    return made[list(RETENTION_LIST.names)].astype(TYPES).reset_index(drop=True)


def valued(scored: "pd.DataFrame", terms: Terms) -> "pd.DataFrame":
    """Every candidate with `value` and `expected_value` (money, cost paid), the highest first, then by listener."""
    value = scored["level"].map(terms.value_of).astype("float64")
    expected = scored["churn_probability"] * terms.save_rate * value - terms.cost
    worth = scored.assign(value=value, expected_value=expected)
    return worth.sort_values(["expected_value", "user_id"], ascending=[False, True], ignore_index=True)


@dataclass(frozen=True, eq=False)
class Listing:
    """One cut-off's list and what it was made of: `valued` (every candidate who does not rest), and how many rest."""

    valued: "pd.DataFrame"
    listed: "pd.DataFrame"
    resting: int

    @property
    def called(self) -> "pd.DataFrame":
        """The rows of those who are to be called."""
        return self.listed[self.listed["arm"] == CALL]

    @property
    def cost(self) -> float:
        """Money that the calls cost."""
        return float(self.called["cost"].sum())

    @property
    def expected_value(self) -> float:
        """Money that the calls are expected to bring, their cost paid."""
        return float(self.called["expected_value"].sum())

    @property
    def held_out(self) -> int:
        """Listeners who are left alone."""
        return len(self.listed) - len(self.called)

    @property
    def not_reached(self) -> int:
        """Listeners whose call would bring something, but whom the budget does not reach."""
        return int((self.valued["expected_value"] > 0).sum()) - len(self.listed)


def listings(
    scored: "pd.DataFrame", terms: Terms, *, cutoffs: Sequence[date], earlier: "pd.DataFrame"
) -> Mapping[date, Listing]:
    """The list of each of `cutoffs`, in order; `earlier` are `cutoff` and `user_id` of lists before.

    Who was listed in the `rest_days` days before a cut-off, also by a list that is made here, is not listed again.
    """
    import pandas as pd

    made: dict[date, Listing] = {}
    known = earlier[["cutoff", "user_id"]]
    for day in sorted(cutoffs):
        rows = scored[scored["cutoff"] == midnight(day)]
        days = (pd.Timestamp(midnight(day)) - known["cutoff"]).dt.days
        rests = rows["user_id"].isin(known["user_id"][(days > 0) & (days <= terms.rest_days)])
        awake = rows[~rests]
        listed = retention_list(awake, terms)
        made[day] = Listing(valued(awake, terms), listed, int(rests.sum()))
        known = pd.concat([known, listed[["cutoff", "user_id"]]])
    return made


def listing_of(lake: Lake, terms: Terms, cutoff: date | None = None) -> Listing:
    """The list that these terms make of `cutoff`, by default of the newest one with scores; nothing is written.

    MissingPartitionError if it has not been scored.
    """
    day = newest_scored(lake) if cutoff is None else cutoff
    key = [day.isoformat()]
    found = candidates(lake.scan(CHURN_SCORES, key), lake.find(USER_FEATURES, key))
    earlier = listed_before(lake, day, terms.rest_days)
    return listings(found, terms, cutoffs=[day], earlier=earlier)[day]
