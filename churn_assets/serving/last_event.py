"""The last event of each listener, which says who can still be saved."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from churn_assets.cutoffs import DAY
from churn_assets.features.request import Listeners

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Last:
    """The last event of each listener: its page, and the age of its day at the cut-off (days, from 1)."""

    page: Array
    age_days: Array

    @classmethod
    def of(cls, listeners: Listeners) -> "Last":
        """The last events of `listeners`, in the order of `listeners.user_ids`."""
        ends = np.searchsorted(listeners.listener, np.arange(len(listeners.user_ids)), side="right") - 1
        ts = listeners.columns["ts"][ends]
        return cls(listeners.columns["page"][ends], (listeners.cutoffs - ts + (DAY - 1)) // DAY)
