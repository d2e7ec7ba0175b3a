"""From declared features to the numeric matrix that scikit-learn's estimators read; learnt from training rows only."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Any, Literal, Self

import numpy as np
import pandas as pd

from churn_assets.features.schema import FeatureSchema
from churn_assets.training.arrays import Flags, Floats, Integers, Rows, numbers, texts

Style = Literal["linear", "imputed", "binned"]
"""`linear`: medians, null flags, tamed tails, unit scale; `imputed`: medians and null flags; `binned`: NaN stays."""

RARE_ROWS = 20
"""A category seen in fewer training rows than this shares one column with everything never seen."""
MOST_LEVELS = 15
"""Nor do more than so many categories of a feature get a column of their own."""
BINS = 64
"""Bins of about equal size that `binned` numbers fall into."""
TAIL = 8.0
"""A scaled value is cut at this many standard deviations, so that one absurd listener cannot rule a linear score."""
SKEWED = 2.0


@dataclass(frozen=True)
class NumberEncoding:
    """One numeric feature: nulls become `fill`; `is_flagged` adds a column that says where they were."""

    feature: str
    fill: float
    is_flagged: bool
    is_logged: bool = False
    centre: float = 0.0
    scale: float = 1.0

    @property
    def width(self) -> int:
        """Columns of the matrix that this feature fills."""
        return 1 + self.is_flagged

    @property
    def tail(self) -> float:
        """How far from the centre a value is cut; what is not scaled is not cut either."""
        return TAIL * self.scale if self.scale != 1.0 or self.centre != 0.0 else math.inf


@dataclass(frozen=True)
class BinEncoding:
    """One numeric feature as the number of `edges` at or below it; nulls stay NaN."""

    feature: str
    edges: tuple[float, ...]

    @property
    def width(self) -> int:
        """Columns of the matrix that this feature fills."""
        return 1

    def fill_in(self, frame: Rows, columns: Floats) -> None:
        """Write the column of the feature."""
        values = numbers(frame[self.feature])
        bins = np.searchsorted(self.edges, values, side="right")
        columns[:, 0] = np.where(np.isnan(values), np.nan, bins)


@dataclass(frozen=True)
class CategoryEncoding:
    """One categorical feature: a column a frequent level, and one for all that is rare or was never seen."""

    feature: str
    levels: tuple[str, ...]

    @property
    def width(self) -> int:
        """Columns of the matrix that this feature fills."""
        return len(self.levels) + 1

    def fill_in(self, frame: Rows, columns: Floats) -> None:
        """Write the columns of the feature: exactly one of them is 1 in every row, the others stay 0."""
        places = {level: place for place, level in enumerate(self.levels)}
        found = [places.get(value, len(places)) for value in texts(frame[self.feature]).tolist()]
        columns[np.arange(len(found)), found] = 1.0


Encoding = NumberEncoding | BinEncoding | CategoryEncoding


@dataclass(frozen=True)
class Encoder:
    """Every feature's encoding, in the order of the matrix."""

    parts: tuple[Encoding, ...]

    @classmethod
    def learn(cls, features: pd.DataFrame, schema: FeatureSchema, style: Style) -> Self:
        """Learn the encodings of `schema`'s features from training rows."""
        return cls(
            tuple(
                _learn_category(features[column.name])
                if column.is_categorical
                else _learn_number(features[column.name], style)
                for column in schema.columns
            )
        )

    @property
    def features(self) -> tuple[str, ...]:
        """The encoded features, in order."""
        return tuple(part.feature for part in self.parts)

    @cached_property
    def owners(self) -> tuple[int, ...]:
        """For every column of the matrix, the position in `features` of the feature it belongs to."""
        return tuple(position for position, part in enumerate(self.parts) for _ in range(part.width))

    @cached_property
    def _starts(self) -> tuple[int, ...]:
        """For every part the first of its columns in the matrix."""
        return (0, *accumulate(part.width for part in self.parts))[:-1]

    @cached_property
    def _numbers(self) -> "_Numbers":
        starts = zip(self.parts, self._starts, strict=True)
        return _Numbers.of([(part, start) for part, start in starts if isinstance(part, NumberEncoding)])

    def matrix(self, frame: Rows) -> Floats:
        """Rows x encoded columns; unseen categories and nulls are fine."""
        matrix = np.zeros((len(frame), len(self.owners)))
        if self._numbers.features:
            self._numbers.fill_in(frame, matrix)
        for part, start in zip(self.parts, self._starts, strict=True):
            if not isinstance(part, NumberEncoding):
                part.fill_in(frame, matrix[:, start : start + part.width])
        return matrix

    def by_feature(self, column_values: Floats, index: pd.Index) -> pd.DataFrame:
        """Sum values of the matrix's columns (rows x encoded columns) back to rows x features."""
        sums = np.zeros((len(column_values), len(self.parts)))
        for column, owner in enumerate(self.owners):
            sums[:, owner] += column_values[:, column]
        return pd.DataFrame(sums, index=index, columns=list(self.features))

    def to_json(self) -> list[dict[str, Any]]:
        """Plain data that `from_json` reads back."""
        return [vars(part) for part in self.parts]

    @classmethod
    def from_json(cls, data: Sequence[Mapping[str, Any]]) -> Self:
        """The encoder that `to_json` described."""
        return cls(tuple(_part_from_json(part) for part in data))


@dataclass(frozen=True)
class _Numbers:
    """All numeric features of an encoder, encoded at once: for a row or two, each alone would cost as much as all."""

    features: tuple[str, ...]
    columns: Integers
    flag_columns: Integers
    is_flagged: Flags
    is_logged: Flags
    fill: Floats
    centre: Floats
    scale: Floats
    tail: Floats

    @classmethod
    def of(cls, parts: Sequence[tuple[NumberEncoding, int]]) -> Self:
        """The numbers whose columns start where it says."""
        numbers_, starts = [part for part, _ in parts], np.array([start for _, start in parts], dtype=np.int64)
        told = [(part.fill, part.centre, part.scale, part.tail) for part in numbers_]
        flags = [(part.is_flagged, part.is_logged) for part in numbers_]
        is_flagged, is_logged = np.array(flags, dtype=bool).reshape(-1, 2).T
        fill, centre, scale, tail = np.array(told, dtype=np.float64).reshape(-1, 4).T[..., None]
        features = tuple(part.feature for part in numbers_)
        flag_columns = starts[is_flagged] + 1
        return cls(features, starts, flag_columns, is_flagged, is_logged, fill, centre, scale, tail)

    def fill_in(self, frame: Rows, matrix: Floats) -> None:
        """Write the columns of all of them into the matrix."""
        values = np.array([numbers(frame[feature]) for feature in self.features])
        nulls = np.isnan(values)
        values = np.where(nulls, self.fill, values)
        values[self.is_logged] = signed_log(values[self.is_logged])
        values = np.minimum(np.maximum(values, self.centre - self.tail), self.centre + self.tail)
        matrix[:, self.columns] = ((values - self.centre) / self.scale).T
        matrix[:, self.flag_columns] = nulls[self.is_flagged].T


def signed_log(values: Floats) -> Floats:
    """log(1 + |x|) with the sign of x: tames the tails of counts and minutes, and keeps the order."""
    return np.asarray(np.sign(values) * np.log1p(np.abs(values)), dtype=np.float64)


def _part_from_json(part: Mapping[str, Any]) -> Encoding:
    if "levels" in part:
        return CategoryEncoding(part["feature"], tuple(part["levels"]))
    if "edges" in part:
        return BinEncoding(part["feature"], tuple(part["edges"]))
    return NumberEncoding(**part)


def _learn_category(column: pd.Series) -> CategoryEncoding:
    levels, counts = np.unique(texts(column).astype(str), return_counts=True)
    frequent = sorted(zip(-counts, levels, strict=True))[:MOST_LEVELS]
    return CategoryEncoding(str(column.name), tuple(sorted(str(level) for n, level in frequent if -n >= RARE_ROWS)))


def _learn_number(column: pd.Series, style: Style) -> NumberEncoding | BinEncoding:
    values, name = numbers(column), str(column.name)
    nulls = np.isnan(values)
    known = values[~nulls] if not nulls.all() else np.zeros(1)
    if style == "binned":
        edges = np.unique(np.quantile(known, np.arange(1, BINS) / BINS))
        return BinEncoding(name, tuple(edges.tolist()))
    fill, is_flagged = float(np.median(known)), bool(nulls.any() and not nulls.all())
    if style == "imputed":
        return NumberEncoding(name, fill, is_flagged)
    return _scaled(name, np.where(nulls, fill, values), fill=fill, is_flagged=is_flagged)


def _scaled(name: str, values: Floats, *, fill: float, is_flagged: bool) -> NumberEncoding:
    is_logged = _is_skewed(values)
    if is_logged:
        values = signed_log(values)
    spread = float(values.std())
    return NumberEncoding(name, fill, is_flagged, is_logged, float(values.mean()), spread if spread > 0 else 1.0)


def _is_skewed(values: Floats) -> bool:
    deviations = values - values.mean()
    spread = deviations.std()
    return bool(spread > 0 and abs(np.mean(deviations**3)) > SKEWED * spread**3)
