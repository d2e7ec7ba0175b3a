"""What a model needs to know of the declared features: their names, kinds, meanings and fingerprint."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self


@dataclass(frozen=True)
class FeatureColumn:
    """One declared feature as a model sees it: a float column (NaN is null) or a text column (None is null)."""

    name: str
    description: str
    is_categorical: bool


@dataclass(frozen=True)
class FeatureSchema:
    """Every declared feature in order, and the hash of their whole declaration."""

    columns: tuple[FeatureColumn, ...]
    fingerprint: str

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of all features, in declared order."""
        return tuple(column.name for column in self.columns)

    @cached_property
    def numeric(self) -> tuple[str, ...]:
        """Names of the numeric features."""
        return tuple(column.name for column in self.columns if not column.is_categorical)

    @cached_property
    def categorical(self) -> tuple[str, ...]:
        """Names of the categorical features."""
        return tuple(column.name for column in self.columns if column.is_categorical)

    @cached_property
    def descriptions(self) -> Mapping[str, str]:
        """What each feature means, by name."""
        return {column.name: column.description for column in self.columns}

    def only(self, names: Sequence[str]) -> Self:
        """The same schema with the columns of `names` alone, in declared order; the fingerprint stays."""
        return type(self)(tuple(column for column in self.columns if column.name in set(names)), self.fingerprint)

    def to_json(self) -> dict[str, Any]:
        """Plain data that `from_json` reads back."""
        return {
            "fingerprint": self.fingerprint,
            "columns": [
                {"name": c.name, "description": c.description, "is_categorical": c.is_categorical} for c in self.columns
            ],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The schema that `to_json` described."""
        return cls(tuple(FeatureColumn(**column) for column in data["columns"]), data["fingerprint"])
