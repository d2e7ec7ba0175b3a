"""The form of a declaration: a feature group is a class, a feature one of its attributes."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property

from churn_assets.contracts.contract import Column, Type
from churn_assets.features.aggregates import Aggregate, Operator
from churn_assets.features.expressions import Expression
from churn_assets.features.schema import FeatureColumn, FeatureSchema


class Kind(StrEnum):
    """What kind of value a feature holds; the drift test and the plots follow from it."""

    COUNT = "count"
    AMOUNT = "amount"
    SHARE = "share"
    RATIO = "ratio"
    CATEGORY = "category"


ENDS = (Operator.FIRST, Operator.LAST, Operator.LATEST)
"""Aggregates that take the first or last of something: a longer history adds nothing to them."""


@dataclass(frozen=True, eq=False)
class Feature(Expression):
    """One feature, declared: everything else (schema, docs, drift test, reasons, fingerprint) follows from this."""

    description: str
    expression: Expression
    kind: Kind
    nullable: bool = False
    at_least: float | None = None
    at_most: float | None = None
    values: tuple[str, ...] | None = None
    is_calendar: bool = False
    name: str = field(default="", kw_only=True)
    group: str = field(default="", kw_only=True)

    def leaves(self) -> Iterator[Expression]:
        """The leaves of the feature's expression."""
        return self.expression.leaves()

    def text(self) -> str:
        """The feature's expression in canonical words: a feature inside another is spelled out."""
        return self.expression.text()

    @property
    def aggregates(self) -> Iterator[Aggregate]:
        """The aggregates that the feature is made of."""
        return (leaf for leaf in self.leaves() if isinstance(leaf, Aggregate))

    def reach_days(self, lookback_days: int) -> int:
        """Days before the cut-off that it adds up over; while the log is younger than that, it grows with the log."""
        grown = [leaf for leaf in self.aggregates if leaf.operator not in ENDS]
        spans = [None if leaf.operator is Operator.NEWLY_HEARD else leaf.window.oldest for leaf in grown]
        return max((lookback_days if span is None else span for span in spans), default=0)

    @property
    def column(self) -> Column:
        """The feature as a column of a contract."""
        kind = Type.TEXT if self.kind is Kind.CATEGORY else Type.NUMBER
        return Column(self.name, kind, self.description, self.nullable, self.at_least, self.at_most, self.values)

    @property
    def declaration(self) -> str:
        """The whole declaration in one line, the input of the fingerprint."""
        about = (self.name, self.group, self.description, self.kind, self.nullable)
        values = (self.at_least, self.at_most, self.values, self.is_calendar)
        return "|".join(map(repr, (*about, *values, self.text())))


class FeatureGroup:
    """Base of the groups: the class's docstring describes it, its Feature attributes are its features."""

    features: tuple[Feature, ...] = ()

    def __init_subclass__(cls) -> None:
        group = cls.__name__.lower()
        found = []
        for name, value in vars(cls).items():
            if isinstance(value, Feature):
                object.__setattr__(value, "name", name)
                object.__setattr__(value, "group", group)
                found.append(value)
        cls.features = tuple(found)


@dataclass(frozen=True)
class Catalogue:
    """All declared features, in order."""

    groups: tuple[type[FeatureGroup], ...]

    @cached_property
    def features(self) -> tuple[Feature, ...]:
        """Every feature of every group."""
        return tuple(feature for group in self.groups for feature in group.features)

    @cached_property
    def aggregates(self) -> tuple[Aggregate, ...]:
        """Every aggregate that some feature is made of, one for each distinct text."""
        found = {leaf.text(): leaf for feature in self.features for leaf in feature.aggregates}
        return tuple(found.values())

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the whole declaration, 16 hexadecimal digits."""
        text = "\n".join(feature.declaration for feature in self.features)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def schema(self, lookback_days: int) -> FeatureSchema:
        """What models need to know of the features; those of another lookback are other features."""
        columns = tuple(FeatureColumn(f.name, f.description, f.kind is Kind.CATEGORY) for f in self.features)
        return FeatureSchema(columns, f"{self.fingerprint}-{lookback_days}d")

    def feature(self, name: str) -> Feature:
        """The feature called `name`; KeyError if none is."""
        return {feature.name: feature for feature in self.features}[name]


def count(description: str, expression: Expression) -> Feature:
    """A feature that counts something: 0 or more, never null."""
    return Feature(description, expression, Kind.COUNT, at_least=0)


def amount(
    description: str,
    expression: Expression,
    *,
    nullable: bool = False,
    at_least: float | None = 0,
    at_most: float | None = None,
) -> Feature:
    """A feature with a unit, 0 or more unless told otherwise."""
    return Feature(description, expression, Kind.AMOUNT, nullable, at_least, at_most)


def share(description: str, expression: Expression, *, nullable: bool = False) -> Feature:
    """A feature from 0 to 1."""
    return Feature(description, expression, Kind.SHARE, nullable, 0, 1)


def derived(
    description: str, expression: Expression, *, at_least: float | None = None, at_most: float | None = None
) -> Feature:
    """A ratio or difference of other features, null where it is undefined."""
    return Feature(description, expression, Kind.RATIO, True, at_least, at_most)


def category(description: str, expression: Expression, values: tuple[str, ...] | None = None) -> Feature:
    """A feature with a handful of values (only `values`, if given) or null."""
    return Feature(description, expression, Kind.CATEGORY, nullable=True, values=values)


def moves_with_the_calendar(feature: Feature) -> Feature:
    """The feature, marked as one whose distribution moves with the calendar alone: its drift is no cause to retrain."""
    return replace(feature, is_calendar=True)
