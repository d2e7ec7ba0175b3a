"""One contract suite for every declared feature: a new one is tested the moment it is declared."""

import re
from collections import defaultdict
from math import isfinite
from random import Random

import pytest

from churn_assets.contracts.contract import Type
from churn_assets.features.aggregates import Aggregate, Condition, Operator
from churn_assets.features.catalogue import CATALOGUE
from churn_assets.features.declaration import Feature, Kind
from churn_assets.features.expressions import Constant, Expression, Field, Operation, Symbol
from churn_assets.features.tables import LISTENER_DAYS, MEASURES, USER_FEATURES
from churn_assets_tests.features.evaluations import requested_at
from churn_assets_tests.features.memory_batch import Rows
from churn_assets_tests.strategies import world

FEATURES = [pytest.param(feature, id=feature.name) for feature in CATALOGUE.features]
UNITS = ("days", "min", "hours", "pct", "ratio", "share", "mean", "std", "slope", "per", "change", "7d", "30d", "90d")


@pytest.fixture(scope="module")
def rows() -> Rows:
    """Features of many random lives at many cut-offs."""
    crowds = [world(Random(seed), listeners=120, most_cutoffs=5) for seed in range(4)]
    found = [requested_at(crowd.log, crowd.cutoffs) for crowd in crowds]
    return {(f"{n}{user}", day): row for n, rows in enumerate(found) for (user, day), row in rows.items()}


def parts(expression: Expression) -> list[Expression]:
    """The expression and everything below it, the insides of aggregates included."""
    match expression:
        case Feature():
            below: tuple[Expression, ...] = (expression.expression,)
        case Operation(_, arguments):
            below = arguments
        case Aggregate(value=value, condition=condition):
            below = tuple(e for e in (value, condition.test if condition else None) if e is not None)
        case _:
            below = ()
    return [expression, *(part for inner in below for part in parts(inner))]


@pytest.mark.parametrize("feature", FEATURES)
def test_a_feature_says_what_it_is(feature: Feature) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", feature.name)
    assert re.fullmatch(r"[A-Z].{5,}[^.]\.", feature.description)
    assert [g.__name__.lower() for g in CATALOGUE.groups if any(f is feature for f in g.features)] == [feature.group]
    assert isinstance(feature.kind, Kind)


@pytest.mark.parametrize("feature", FEATURES)
def test_an_amount_names_its_unit(feature: Feature) -> None:
    if feature.kind is Kind.AMOUNT:
        assert set(feature.name.split("_")) & set(UNITS)


@pytest.mark.parametrize("feature", FEATURES)
def test_a_category_has_no_range_and_a_number_no_values(feature: Feature) -> None:
    if feature.kind is Kind.CATEGORY:
        assert (feature.at_least, feature.at_most, feature.nullable) == (None, None, True)
    else:
        assert feature.values is None
    if feature.kind is Kind.SHARE:
        assert (feature.at_least, feature.at_most) == (0, 1)


@pytest.mark.parametrize("feature", FEATURES)
def test_values_keep_to_the_declaration(feature: Feature, rows: Rows) -> None:
    found = [row[feature.name] for row in rows.values()]
    numbers = [value for value in found if isinstance(value, float)]

    assert feature.nullable or None not in found
    assert feature.values is None or set(found) <= {*feature.values, None}
    assert all(isfinite(value) for value in numbers)
    assert feature.at_least is None or min(numbers) >= feature.at_least
    assert feature.at_most is None or max(numbers) <= feature.at_most
    assert (feature.kind is Kind.CATEGORY) == (not numbers)


@pytest.mark.parametrize("feature", FEATURES)
def test_the_random_lives_move_the_feature(feature: Feature, rows: Rows) -> None:
    assert len({row[feature.name] for row in rows.values()}) > 2


@pytest.mark.parametrize("feature", FEATURES)
def test_a_count_is_a_whole_number(feature: Feature, rows: Rows) -> None:
    if feature.kind is Kind.COUNT:
        assert all(float(row[feature.name]).is_integer() for row in rows.values())


@pytest.mark.parametrize("feature", FEATURES)
def test_the_table_has_the_feature_as_declared(feature: Feature) -> None:
    column = USER_FEATURES.column(feature.name)

    assert column.description == feature.description
    assert column.type is (Type.TEXT if feature.kind is Kind.CATEGORY else Type.NUMBER)
    assert (column.nullable, column.at_least, column.at_most) == (feature.nullable, feature.at_least, feature.at_most)


@pytest.mark.parametrize("feature", FEATURES)
def test_the_text_spells_out_every_constant_field_and_symbol(feature: Feature) -> None:
    for part in parts(feature):
        if isinstance(part, Constant):
            assert repr(part.value) in feature.text()
        if isinstance(part, Field | Symbol | Aggregate):
            assert part.text() in feature.text()


def meaning(aggregate: Aggregate) -> tuple[object, ...]:
    """What an aggregate is, field by field, without its texts for people."""
    value = tuple(map(shape, parts(aggregate.value))) if aggregate.value is not None else None
    test = tuple(map(shape, parts(aggregate.condition.test))) if aggregate.condition else None
    return aggregate.operator, aggregate.grain, value, test, aggregate.window


def shape(part: Expression) -> tuple[object, ...]:
    match part:
        case Constant(value):
            return "constant", value
        case Operation(name, arguments):
            return name, len(arguments)
        case _:
            return type(part).__name__, part.text()


def all_aggregates() -> list[Aggregate]:
    return [aggregate for feature in CATALOGUE.features for aggregate in feature.aggregates]


def test_different_aggregates_never_share_a_text() -> None:
    meanings = defaultdict(set)
    for aggregate in all_aggregates():
        meanings[aggregate.text()].add(meaning(aggregate))

    assert {text: found for text, found in meanings.items() if len(found) > 1} == {}
    assert len(meanings) == len({m for found in meanings.values() for m in found}) == len(CATALOGUE.aggregates)


def test_different_measures_never_share_a_name() -> None:
    meanings = defaultdict(set)
    for aggregate in all_aggregates():
        meanings[aggregate.grain, aggregate.measure].add(meaning(aggregate)[:-1])

    assert {name: found for name, found in meanings.items() if len(found) > 1} == {}


def test_a_condition_of_one_name_has_one_meaning() -> None:
    conditions: dict[str, set[str]] = defaultdict(set)
    for aggregate in all_aggregates():
        if isinstance(aggregate.condition, Condition) and aggregate.operator is not Operator.TIME_IN:
            conditions[aggregate.condition.name].add(aggregate.condition.test.text())

    assert {name: tests for name, tests in conditions.items() if len(tests) > 1} == {}


def test_every_measure_is_kept_per_listener_and_day() -> None:
    assert set(MEASURES) <= set(LISTENER_DAYS.names)
    assert len(set(LISTENER_DAYS.names)) == len(LISTENER_DAYS.names)


def test_names_are_unique_and_the_catalogue_holds_what_the_design_asks_for() -> None:
    names = [feature.name for feature in CATALOGUE.features]

    assert len(set(names)) == len(names) == 56
    assert {"recency_days", "freq_30d", "time_as_paid_days", "new_artist_share_30d", "engagement_ratio"} <= set(names)
