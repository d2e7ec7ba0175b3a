"""The rows that a day's report looks at: the last days of data time, each listener once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from churn_assets.cutoffs import midnight
from churn_assets.lake.frames import read_frame
from churn_assets.lake.lake import Scan

if TYPE_CHECKING:
    import pandas as pd

KEYS = ("user_id", "cutoff")
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Window:
    """`days` days of data time that end with the day `last`; a row belongs to the day before its cut-off."""

    last: date
    days: int

    @property
    def first_cutoff(self) -> date:
        """Earliest cut-off whose eve lies in the window."""
        return self.last - timedelta(days=self.days - 2)

    @property
    def last_cutoff(self) -> date:
        """Newest cut-off whose eve lies in the window: the midnight that ends its last day."""
        return self.last + ONE_DAY

    def rows(self, frame: "pd.DataFrame") -> "pd.DataFrame":
        """The rows of `frame` in the window, each listener once, with the latest."""
        return each_once(frame[frame["cutoff"].between(midnight(self.first_cutoff), midnight(self.last_cutoff))])


def each_once(frame: "pd.DataFrame") -> "pd.DataFrame":
    """The latest row of each listener, by cut-off; of several at one cut-off, the last in `frame`."""
    latest = frame.sort_values("cutoff", kind="stable").drop_duplicates("user_id", keep="last")
    return latest.sort_values("user_id", ignore_index=True)


def scored_rows(features: Scan, population: Scan, names: Sequence[str]) -> "pd.DataFrame":
    """What the batch scores were made from: KEYS and the features `names` of the listeners at risk."""
    known = read_frame(population, [*KEYS, "at_risk"])
    frame = read_frame(features, [*KEYS, *names])
    return frame.merge(known.loc[known["at_risk"], list(KEYS)], on=list(KEYS))


def served_rows(predictions: Scan, fingerprint: str, names: Sequence[str]) -> "pd.DataFrame":
    """What answers of the API were made from, the same columns; later answers come last.

    Left out are listeners who were not at risk, and features that were declared differently.
    """
    about = ["user_id", "as_of", "inference_timestamp", "fingerprint", "at_risk"]
    frame = read_frame(predictions, [*about, *names])
    wanted = frame["at_risk"].astype(bool) & (frame["fingerprint"] == fingerprint)
    served = frame[wanted].sort_values("inference_timestamp", kind="stable").rename(columns={"as_of": "cutoff"})
    return served[[*KEYS, *names]]


def stacked(*parts: "pd.DataFrame") -> "pd.DataFrame":
    """The rows of all parts; those of later parts count as later."""
    import pandas as pd

    return pd.concat([part for part in parts if len(part)] or list(parts[:1]), ignore_index=True)
