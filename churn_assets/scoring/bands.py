"""Risk bands: where a probability of churn becomes low, medium or high risk."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

LOW, MEDIUM, HIGH = "low", "medium", "high"
BANDS = (LOW, MEDIUM, HIGH)


@dataclass(frozen=True)
class RiskBands:
    """Lowest probabilities of the bands `medium` and `high`."""

    medium: float
    high: float

    def of(self, probability: "NDArray[np.float64]") -> "pd.Series":
        """Band of each probability, as text."""
        import numpy as np
        import pandas as pd

        steps = np.searchsorted([self.medium, self.high], probability, side="right")
        return pd.Series(np.array(BANDS, dtype=object)[steps], dtype=object)

    def of_one(self, probability: float) -> str:
        """Band of one probability."""
        if probability >= self.high:
            return HIGH
        return MEDIUM if probability >= self.medium else LOW
