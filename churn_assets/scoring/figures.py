"""Numbers as a reader wants them: percent for shares, three digits that count, no idle zeros."""

from typing import TYPE_CHECKING

from churn_assets.features.schema import FeatureColumn

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DIGITS = 3
PERCENT = 100.0


def figure(column: FeatureColumn, value: float) -> str:
    """One value of the numeric feature `column` as text."""
    import numpy as np

    return written(column, float(rounded(column, np.array([value], dtype=np.float64))[0]))


def rounded(column: FeatureColumn, values: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """Values in the unit that is shown and to the digits that are shown, so that equal texts are equal numbers."""
    import numpy as np

    shown = values * PERCENT if _is_share(column) else values
    size = np.maximum(np.nan_to_num(np.abs(shown)), 1.0)
    scale = 10.0 ** np.clip(DIGITS - 1 - np.floor(np.log10(size)), 0, DIGITS - 1)
    # Adding 0 turns -0 into 0.
    return np.asarray(np.round(shown * scale) / scale + 0.0, dtype=np.float64)


def written(column: FeatureColumn, shown: float) -> str:
    """A value that `rounded` made, with separators and its percent sign."""
    decimals = max(DIGITS - len(f"{abs(shown):.0f}"), 0)
    text = f"{shown:,.{decimals}f}"
    text = text.rstrip("0").rstrip(".") if decimals else text
    return f"{text} %" if _is_share(column) or column.name.endswith("_pct") else text


def _is_share(column: FeatureColumn) -> bool:
    return "share" in column.name or column.description.startswith("Share ")
