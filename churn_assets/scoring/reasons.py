"""Reasons in words: the contributions that moved a prediction most, each with its value and what is typical."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from churn_assets.features.schema import FeatureColumn, FeatureSchema
from churn_assets.scoring.figures import figure, rounded, written

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from churn_assets.registry.typical import Typical

MOST_REASONS = 5
MATTERS = 0.05
"""Least contribution worth a sentence, in log-odds: it changes the odds of leaving by about 5 %."""
CHUNK = 100_000
UNKNOWN = "not known"
RARE = 0.01


@dataclass(frozen=True)
class Wording:
    """How contributions become sentences: the declared features, what is typical of them, and how many to tell."""

    schema: FeatureSchema
    typical: "Typical"
    most: int = MOST_REASONS

    def reasons(self, frame: "pd.DataFrame", contributions: "pd.DataFrame") -> list[list[str]]:
        """For each row the strongest contributions in words, the strongest first; at most `most`, none below `MATTERS`.

        `frame` holds the features, `contributions` log-odds: aligned rows, one column a feature.
        """
        columns = [self._columns[name] for name in contributions.columns]
        told: list[list[str]] = []
        for start in range(0, len(frame), CHUNK):
            rows = slice(start, start + CHUNK)
            told.extend(self._chunk(frame.iloc[rows], contributions.iloc[rows].to_numpy(), columns))
        return told

    @cached_property
    def _columns(self) -> Mapping[str, FeatureColumn]:
        return {column.name: column for column in self.schema.columns}

    def _chunk(
        self, frame: "pd.DataFrame", pushes: "NDArray[np.float64]", columns: Sequence[FeatureColumn]
    ) -> list[list[str]]:
        import numpy as np

        strength = np.abs(pushes)
        order = _strongest(strength, self.most)
        matters = np.take_along_axis(strength, order, axis=1) >= MATTERS
        sentences = np.empty(order.shape, dtype=object)
        for position, column in enumerate(columns):
            rows, ranks = np.nonzero((order == position) & matters)
            if not len(rows):
                continue
            raises = pushes[rows, position] > 0
            sentences[rows, ranks] = self.sentences(column, frame[column.name].iloc[rows], raises)
        # The strongest come first, so what matters is the beginning of each row.
        return [row[:count] for row, count in zip(sentences.tolist(), matters.sum(axis=1).tolist(), strict=True)]

    def sentences(self, column: FeatureColumn, values: "pd.Series", raises: "NDArray[np.bool_]") -> "NDArray[Any]":
        """One sentence a value of `column`: what it is, what is typical, and whether it raises or lowers the risk."""
        import numpy as np
        import pandas as pd

        if not column.is_categorical:
            values = pd.Series(rounded(column, values.to_numpy(dtype=np.float64, na_value=np.nan)))
        codes, distinct = pd.factorize(values, use_na_sentinel=False)
        known = [None if pd.isna(value) else value for value in distinct]
        start = re.split("[.;] ", column.description)[0].rstrip(".")
        texts = np.empty(len(known), dtype=object)
        texts[:] = [f"{start}: {told}" for told in self._described(column, known)]
        verbs = np.array([" lowers the risk", " raises the risk"], dtype=object)
        sentences: NDArray[Any] = texts[codes] + verbs[raises.astype(int)]
        return sentences

    def _described(self, column: FeatureColumn, values: Sequence[Any]) -> list[str]:
        if column.is_categorical:
            return [self._category(column.name, value) for value in values]
        median = self.typical.medians[column.name]
        usual = UNKNOWN if median is None else figure(column, median)
        shown = [UNKNOWN if value is None else written(column, value) for value in values]
        return [f"{text} (typical)" if text == usual else f"{text} (typical {usual})" for text in shown]

    def _category(self, name: str, value: str | None) -> str:
        unknown = self.typical.unknown[name]
        if value is None:
            return f"{UNKNOWN} ({_frequency(unknown)})"
        return f"{value} ({_frequency(self.typical.shares[name].get(value, 0.0) * (1 - unknown))})"


def _strongest(strength: "NDArray[np.float64]", most: int) -> "NDArray[np.int64]":
    """Positions of the `most` largest values of each row, the largest first."""
    import numpy as np

    most = min(most, strength.shape[1])
    if not most:
        return np.empty((len(strength), 0), dtype=np.int64)
    largest = np.sort(np.argpartition(-strength, most - 1, axis=1)[:, :most], axis=1)
    order = np.argsort(-np.take_along_axis(strength, largest, axis=1), axis=1, kind="stable")
    return np.asarray(np.take_along_axis(largest, order, axis=1), dtype=np.int64)


def _frequency(share: float) -> str:
    if not share:
        return "never seen in training"
    return f"{100 * share:.0f} % of listeners" if share >= RARE else "under 1 % of listeners"
